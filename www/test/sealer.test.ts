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

/** First bytes of commands (shared/e2ee/port). */
const open = 0x81;
const adopt = 0x84;
const receive = 5;

/** A command with room for what its passphrase is made into. */
const secret = (kind: number) => Uint8Array.of(kind, ...new Uint8Array(40)).buffer;

/** What the program was told, by first byte and, of a passphrase, the second. */
const told: (number | undefined)[][] = [];

/** A program that opens a frame if the source that it names is the one that is wanted (wasm/sealer). */
function program() {
  const mem = { buffer: new ArrayBuffer(64) };
  const named = () => new Uint8Array(mem.buffer)[0] ?? 0;
  return {
    mem, input: () => 0, output: () => 0, capacity: () => 64, maxFrame: () => 32,
    open: (_kind: number, source: number, n: number) => (named() === source ? n : -22),
    sender: () => named() << 8,
    tick: () => 0,
    command: () => {
      const [kind, made] = new Uint8Array(mem.buffer);
      told.push([kind, made]);
      return 0;
    },
    report: () => 0, deadline: () => -1,
  };
}

/** Another worker, which does Argon2id. */
interface Helper {
  onmessage?(event: { data: unknown }): void;
}

/** Starts the worker's script with a program; Argon2id, which other workers do, ends when a test says so. */
async function start(): Promise<{ deriving: Helper[]; say: (data: unknown) => void }> {
  const deriving: Helper[] = [];
  const location = { href: 'https://meet.example/_/assets/sealer.js', origin: 'https://meet.example' };
  Object.assign(globalThis, {
    self: globalThis, name: 'room', onmessage: null, onrtctransform: null, location, sealerProgram: 'sealer.wasm',
    postMessage: (code: unknown) => assert.fail(String(code)),
    fetch: () => Promise.resolve(),
    Go: class {
      importObject = {};
      run() { return new Promise(() => {}); }
    },
    Worker: class implements Helper {
      onmessage?(event: { data: unknown }): void;
      postMessage() { deriving.push(this); }
      terminate() { deriving.splice(deriving.indexOf(this), 1); }
    },
  });
  Object.assign(WebAssembly, {
    compileStreaming: () => Promise.resolve({}),
    instantiate: () => Promise.resolve({ exports: program() }),
  });
  await import('../src/sealer/worker');
  return { deriving, say: (data) => scope.onmessage({ data }) };
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

const { deriving, say } = await start();

test("what another member changes is derived beside what members say, and the person's own before it", async () => {
  const made = (byte: number) => deriving[0]?.onmessage?.({ data: new Uint8Array(32).fill(byte) });
  const items = () => Uint8Array.of(receive, 0).buffer;
  say(secret(adopt));
  say(items());
  await new Promise(setImmediate);
  assert.equal(deriving.length, 1, 'it is being derived');
  assert.deepEqual(told, [[receive, 0]], 'what members say goes on');
  made(7);
  await new Promise(setImmediate);
  assert.deepEqual(told, [[receive, 0], [adopt, 7]]);

  say(secret(open));
  say(items());
  await new Promise(setImmediate);
  assert.equal(told.length, 2, 'what comes after it needs it');
  made(8);
  await new Promise(setImmediate);
  assert.deepEqual(told.slice(2), [[open, 8], [receive, 0]]);
});

test('a slot belongs to another member at once, also while a passphrase is derived', async () => {
  const tile = receiver(1);
  say({ t: 'slot', slot: 1, source: ann });
  await new Promise(setImmediate); // the program runs
  assert.deepEqual(await tile.comes(bob, ann), [ann]);

  say(secret(open));
  await new Promise(setImmediate);
  assert.equal(deriving.length, 1, 'it is being derived');
  say({ t: 'slot', slot: 1, source: bob });
  assert.deepEqual(await tile.comes(ann, bob), [bob]);
});
