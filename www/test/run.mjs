// Runs the tests of the pure modules: bundles each test/*.test.ts for node, then hands them to node's test runner.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
// Inside node_modules, which is ignored by git and where packages still resolve.
const out = mkdtempSync(join(here, '../node_modules/.test-'));
try {
  await esbuild.build({
    entryPoints: readdirSync(here).filter((name) => name.endsWith('.test.ts')).map((name) => join(here, name)),
    outdir: out,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    alias: { 'go-wasm-exec': 'data:text/javascript,' }, // Go's glue; whoever runs a program brings one
    define: { REPOSITORY: JSON.stringify(join(here, '../..')) },
  });
  const files = readdirSync(out).map((name) => join(out, name));
  process.exitCode = spawnSync(process.execPath, ['--test', ...files], { stdio: 'inherit' }).status ?? 1;
} finally {
  rmSync(out, { recursive: true });
}
