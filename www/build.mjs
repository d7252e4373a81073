// Builds the site: bundles src, hashes every asset's name, and writes what the relay serves.
//
//   node build.mjs [--core FILE] [--sealer FILE] [--wasm-exec FILE] [--out DIR] [--fake]
//
//   --core FILE       the page core's program      (env CORE_WASM, default ../build/core.wasm)
//   --sealer FILE     the encryption worker's      (env SEALER_WASM, default ../build/sealer.wasm)
//   --wasm-exec FILE  Go's glue for them           (env WASM_EXEC, default $(go env GOROOT)/lib/wasm/wasm_exec.js)
//   --out DIR         where to write               (default dist)
//   --fake            a site without a core, with made-up people, for screenshots and tests (default out: ../build/fake)
//
// A file's path in the output is its path in the address: /_/assets/x is DIR/_/assets/x. Beside each text and wasm file
// lie its .br and .gz.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import * as esbuild from 'esbuild';
import { compressAll } from './build.compress.mjs';
import { iconsPlugin } from './build.icons.mjs';
import { licences } from './build.licences.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const assetsURL = '/_/assets/';
const target = ['chrome110', 'firefox115', 'safari16.4'];

const { values: args } = parseArgs({
  options: {
    core: { type: 'string' },
    sealer: { type: 'string' },
    'wasm-exec': { type: 'string' },
    out: { type: 'string' },
    fake: { type: 'boolean', default: false },
  },
});

const goRoot = () => execFileSync(process.env.GO ?? 'go', ['env', 'GOROOT'], { encoding: 'utf8' }).trim();
const options = {
  fake: args.fake,
  core: resolve(here, args.core ?? process.env.CORE_WASM ?? '../build/core.wasm'),
  sealer: resolve(here, args.sealer ?? process.env.SEALER_WASM ?? '../build/sealer.wasm'),
  wasmExec: resolve(args['wasm-exec'] ?? process.env.WASM_EXEC ?? join(goRoot(), 'lib/wasm/wasm_exec.js')),
  out: resolve(here, args.out ?? (args.fake ? '../build/fake' : 'dist')),
};

/** Hashed name of an asset: base-HASH.ext, the hash of its contents. */
function hashedName(name, contents) {
  const hash = createHash('sha256').update(contents).digest('hex').slice(0, 10);
  const ext = extname(name);
  return `${basename(name, ext)}-${hash}${ext}`;
}

/**
 * Bundles the entry points and returns the output files by entry name: {'main.js': name, 'main.css': name, …}. sealer is
 * the address of the encryption worker's program; "" leaves the worker out.
 */
async function bundle(assetsDir, sealer) {
  const common = {
    bundle: true,
    minify: true,
    charset: 'utf8',
    legalComments: 'none',
    outdir: assetsDir,
    entryNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
    publicPath: assetsURL,
    metafile: true,
    logLevel: 'warning',
    absWorkingDir: here,
  };
  // esbuild's hashes cover the paths of what it reads, seen from here: a copy has the same one wherever Go is installed,
  // so that everybody who builds this gets files of the same names.
  const wasmExec = { 'go-wasm-exec': resolve(here, '../build/wasm_exec.js') };
  await mkdir(dirname(wasmExec['go-wasm-exec']), { recursive: true });
  await copyFile(options.wasmExec, wasmExec['go-wasm-exec']);
  // One classic script of its own: a worker loads it when a passphrase is set, and the page only needs its address.
  const worker = sealer && await esbuild.build({
    ...common,
    entryPoints: { sealer: 'src/sealer/worker.ts' },
    format: 'iife',
    target,
    alias: wasmExec,
    define: { sealerProgram: JSON.stringify(sealer) },
  });
  const workerFile = worker && basename(Object.keys(worker.metafile.outputs)[0]);
  const app = await esbuild.build({
    ...common,
    entryPoints: { main: 'src/main.tsx' },
    format: 'esm',
    target,
    jsx: 'automatic',
    jsxImportSource: 'preact',
    loader: { '.woff2': 'file', '.svg': 'file' },
    alias: { 'conclave-core': options.fake ? './src/core/fake.ts' : './src/core/bridge.ts', ...wasmExec },
    define: { sealerWorker: JSON.stringify(workerFile && assetsURL + workerFile) },
    plugins: [iconsPlugin(here)],
  });
  // The feature check must run in browsers that cannot even parse the rest.
  const check = await esbuild.build({ ...common, entryPoints: { check: 'src/check.ts' }, format: 'iife', target: 'es2015' });
  const names = {};
  for (const [path, output] of [...Object.entries(app.metafile.outputs), ...Object.entries(check.metafile.outputs)]) {
    const file = basename(path);
    if (output.entryPoint) names[basename(output.entryPoint).replace(/\.tsx?$/, '.js')] = file;
    else if (file.endsWith('.css')) names['main.css'] = file;
    else if (file.includes('inter-latin-wght')) names['font'] = file;
  }
  return names;
}

/** Copies a file into the assets under its hashed name, which it returns. */
async function addAsset(assetsDir, path, name = basename(path)) {
  const contents = await readFile(path);
  const hashed = hashedName(name, contents);
  await writeFile(join(assetsDir, hashed), contents);
  return hashed;
}

/** Replaces {{NAME}} in the template; a name without a value is an error. */
function fill(template, values) {
  return template.replace(/\{\{(\w+)\}\}/g, (_, name) => {
    if (values[name] === undefined) throw new Error(`index.tmpl.html: no value for ${name}`);
    return values[name];
  });
}

/** Empties a folder but for .keep, which holds its place in the repository. */
async function empty(dir) {
  await mkdir(dir, { recursive: true });
  for (const name of await readdir(dir)) if (name !== '.keep') await rm(join(dir, name), { recursive: true });
}

async function build() {
  const began = performance.now();
  const assetsDir = join(options.out, assetsURL);
  await empty(options.out);
  await mkdir(assetsDir, { recursive: true });
  const core = options.fake ? '' : await addAsset(assetsDir, options.core, 'core.wasm');
  const sealer = options.fake ? '' : await addAsset(assetsDir, options.sealer, 'sealer.wasm');
  const names = await bundle(assetsDir, sealer && assetsURL + sealer);
  const logo = await addAsset(assetsDir, join(here, 'public/logo.svg'));
  const template = await readFile(join(here, 'index.tmpl.html'), 'utf8');
  const url = (name) => assetsURL + name;
  const html = fill(template, {
    CHECK: url(names['check.js']),
    MAIN: url(names['main.js']),
    CSS: url(names['main.css']),
    FONT: url(names['font']),
    LOGO: url(logo),
    CORE: core && ` rel="preload" href="${url(core)}" as="fetch" type="application/wasm" crossorigin`,
  });
  await writeFile(join(options.out, 'index.html'), html);
  await writeFile(join(options.out, 'licenses.txt'), await licences(here, dirname(dirname(dirname(options.wasmExec)))));
  if (!options.fake) {
    const sizes = await compressAll(options.out, join(here, 'node_modules/.cache/conclave'));
    report(sizes);
  }
  console.log(`site built in ${((performance.now() - began) / 1000).toFixed(1)} s: ${options.out}`);
}

/** Prints what a first visit downloads, and what a room with a passphrase adds, in kB of brotli. */
function report(sizes) {
  const kb = (test) => (sizes.filter(([name]) => test(name)).reduce((sum, [, size]) => sum + size, 0) / 1000).toFixed(1);
  const sealer = (n) => basename(n).startsWith('sealer-');
  const page = kb((n) => /\.(html|css|js)$/.test(n) && !sealer(n));
  const core = kb((n) => n.endsWith('.wasm') && !sealer(n));
  console.log(`brotli: html+css+js ${page} kB, core ${core} kB; with a passphrase ${kb(sealer)} kB more`);
}

await build();
