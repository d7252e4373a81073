// The page's start: reads the address, starts loading the core, and draws without waiting for it.
// The core is bridge.ts, or fake.ts in bundles for screenshots (build.mjs, --fake).
import { startCore } from 'conclave-core';
import { render } from 'preact';
import { App } from './App';
import { CoreProvider } from './core/context';
import { takePassphrase } from './fragment';
import { routeOf, takeToken } from './route';
import './styles/index.css';

/** What the static feature check (check.ts) found wanting; the page then shows its own text and nothing starts. */
const unfit = document.documentElement.className !== '';

function start(): void {
  const route = routeOf(location.pathname, location.hash);
  const token = route.page === 'enrol' ? takeToken() : '';
  const program = document.getElementById('core-program') as HTMLLinkElement;
  const core = startCore(program.href, route.page === 'room' ? { ...route, passphrase: takePassphrase() } : null);
  const root = document.getElementById('app');
  if (!root) throw new Error('index.tmpl.html has no #app');
  render(
    <CoreProvider value={core}>
      <App token={token} />
    </CoreProvider>,
    root,
  );
}

if (!unfit) start();
