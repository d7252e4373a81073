import assert from 'node:assert/strict';
import { test } from 'node:test';

/** A worker's surroundings, as far as its script uses them. */
const scope = globalThis as unknown as Record<string, unknown> & {
  onmessage(event: { data: unknown }): void;
  onrtctransform(event: { transformer: unknown }): void;
};

/** Two members' cameras. */
const ann = 1 << 3 | 1;
const bob = 2 << 3 | 1;

/** A frame whose only byte is who sealed it. */
const frameOf = (source: number) => ({ data: Uint8Array.of(source).buffer, getMetadata: () => ({ mimeType: 'video/VP8' }) });

/** A program that opens a frame if the source that it names is the one that is wanted (wasm/sealer). */
function program() {
  const mem = { buffer: new ArrayBuffer(64) };
  const named = () => new Uint8Array(mem.buffer)[0] ?? 0;
  return {
    mem, input: () => 0, output: () => 0, capacity: () => 32, maxFrame: () => 32,
    open: (_kind: number, source: number, n: number) => (named() === source ? n : -22),
    sender: () => named() << 8,
    tick: () => 0, command: () => 0, report: () => 0, deadline: () => -1,
  };
}

/** Starts the worker's script with a program; Argon2id, which other workers do, never ends. */
async function start(): Promise<{ derived: unknown[] }> {
  const derived: unknown[] = [];
  const location = { href: 'https://meet.example/_/assets/sealer.js', origin: 'https://meet.example' };
  Object.assign(globalThis, {
    self: globalThis, name: 'room', onmessage: null, onrtctransform: null, location, sealerProgram: 'sealer.wasm',
    postMessage: (code: unknown) => assert.fail(String(code)),
    fetch: () => Promise.resolve(),
    Go: class {
      importObject = {};
      run() { return new Promise(() => {}); }
    },
    Worker: class {
      postMessage(order: unknown) { derived.push(order); }
    },
  });
  Object.assign(WebAssembly, {
    compileStreaming: () => Promise.resolve({}),
    instantiate: () => Promise.resolve({ exports: program() }),
  });
  await import('../src/sealer/worker');
  return { derived };
}

/** A receiver in a slot: what comes from the network, and what of it goes on. */
function receiver(slot: number) {
  let source: ReadableStreamDefaultController<unknown> | undefined;
  const shown: number[] = [];
  let heard = () => {};
  const readable = new ReadableStream({ start: (c) => void (source = c) });
  const writable = new WritableStream<{ data: ArrayBuffer }>({
    write: (frame) => {
      shown.push(new Uint8Array(frame.data)[0] ?? -1);
      heard();
    },
  });
  scope.onrtctransform({ transformer: { readable, writable, options: { op: 'open', audio: false, slot } } });
  return {
    /** Lets frames come and waits until one is shown. */
    async comes(...sources: number[]): Promise<number[]> {
      shown.length = 0;
      const first = new Promise<void>((done) => void (heard = done));
      for (const s of sources) source?.enqueue(frameOf(s));
      await first;
      return shown;
    },
  };
}

test('a slot belongs to another member at once, also while a passphrase is derived', async () => {
  const { derived } = await start();
  const say = (data: unknown) => scope.onmessage({ data });
  const tile = receiver(1);
  say({ t: 'slot', slot: 1, source: ann });
  await new Promise(setImmediate); // the program runs
  assert.deepEqual(await tile.comes(bob, ann), [ann]);

  say(Uint8Array.of(0x81, ...new Uint8Array(40)).buffer);
  await new Promise(setImmediate);
  assert.equal(derived.length, 1, 'it is being derived');
  say({ t: 'slot', slot: 1, source: bob });
  assert.deepEqual(await tile.comes(ann, bob), [bob]);
});
