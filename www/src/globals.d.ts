declare module 'virtual:icons' {
  const paths: Record<string, string>;
  export default paths;
}

/** Go's wasm_exec.js: sets globalThis.Go. */
declare module 'go-wasm-exec';

declare module '*.css';
