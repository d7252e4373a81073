// Collects the licences of everything that the site ships, from the packages it was built from.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

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
  return parts.join('\n');
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
