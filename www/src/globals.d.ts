declare module 'virtual:icons' {
  const paths: Record<string, string>;
  export default paths;
}

/** Go's wasm_exec.js: sets globalThis.Go. */
declare module 'go-wasm-exec';

declare module '*.css';

/** Addresses that the bundler writes in (build.mjs): of the encryption worker's script, in the page; "" in a site without
 * a core. And of its program, in that script. */
declare const sealerWorker: string;
declare const sealerProgram: string;
