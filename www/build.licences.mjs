// Collects the licences of everything that the site and the relay around it ship, from what they are built from.
import { execFile } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const packages = ['preact', '@material-symbols/svg-400', '@fontsource-variable/inter'];

/** The text of licenses.txt. goRoot is Go's own folder: its runtime is in the core and its glue in the bundle. */
export async function licences(root, goRoot) {
  const parts = ['Conclave (Apache-2.0) contains the following software and data.\n'];
  for (const name of packages) {
    const folder = join(root, 'node_modules', name);
    const { version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
    parts.push(section(`${name} ${version} (${license})`, await readFile(join(folder, 'LICENSE'), 'utf8')));
  }
  parts.push(section('Go runtime and wasm_exec.js (BSD-3-Clause)', await goLicence(goRoot)));
  for (const { title, text } of await goModules(root)) parts.push(section(title, text));
  return parts.join('\n');
}

/** Licences of the Go modules in the page's core, in the encryption worker's program and in the relay, which carries this site. */
async function goModules(root) {
  const format = '{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}\t{{.Dir}}{{end}}{{end}}';
  const list = (target, env) =>
    run(process.env.GO ?? 'go', ['list', '-deps', '-f', format, target], { cwd: join(root, '..'), env: { ...process.env, ...env } });
  const js = { GOOS: 'js', GOARCH: 'wasm' };
  const answers = await Promise.all([list('./wasm/page', js), list('./wasm/sealer', js), list('./relay', {})]);
  const lines = new Set(answers.flatMap(({ stdout }) => stdout.split('\n')).filter(Boolean));
  return Promise.all([...lines].sort().map(async (line) => {
    const [title, folder] = line.split('\t');
    const name = (await readdir(folder)).find((file) => /^(LICEN[CS]E|COPYING)/i.test(file));
    if (!name) throw new Error(`${title}: no licence found`);
    return { title, text: await readFile(join(folder, name), 'utf8') };
  }));
}

function section(title, text) {
  return `${'='.repeat(80)}\n${title}\n${'='.repeat(80)}\n\n${text.trim()}\n`;
}

/** Some packagers of Go leave LICENSE out of GOROOT; the head of its files then says what holds. */
async function goLicence(goRoot) {
  try {
    return await readFile(join(goRoot, 'LICENSE'), 'utf8');
  } catch {
    return 'Copyright 2009 The Go Authors. BSD-style licence: https://go.dev/LICENSE';
  }
}
