// The real core: loads Go's program, gives it its ports, and turns what it delivers into snapshots.
import 'go-wasm-exec';
import type { Command, Note, Strength, View } from './api.gen';
import { emptyView, type Core, type Engine, type Parsed, type Watch } from './core';
import * as store from './store';

/** What this page can talk to; a core with another number is another version of the site. */
const abi = 1;

/** The streams of this person's own devices. */
const ownStreams = ['me/cam', 'me/mic', 'me/screen'];

/** The object that the Go program hands over when it runs. JSON both ways; see wasm/page. */
interface Raw {
  readonly abi: number;
  dispatch(json: string): string;
  stream(id: string): MediaStream | null;
  viewport(json: string): void;
  strength(name: string): string;
  parse(name: string): string;
  suggest(): string;
  micLevel(): number;
}

/** What the Go program finds in globalThis.conclavePorts. */
interface Ports {
  ready(raw: Raw): void;
  deliver(json: string): void;
  note(json: string): void;
  get(key: string): string | null;
  set(key: string, value: string): void;
  stored(): string;
  fatal(text: string): void;
}

interface GoProgram {
  importObject: WebAssembly.Imports;
  run(instance: WebAssembly.Instance): Promise<void>;
}

declare global {
  var conclavePorts: Ports;
  var Go: new () => GoProgram;
}

interface Waiting {
  command: Command;
  done: () => void;
  failed: (code: Error) => void;
}

/**
 * Starts loading the core from url and returns at once. room is the room of the address, as it stands there: the core
 * opens it first of all, and until it is there the snapshot shows its name.
 */
export function startCore(url: string, room: string): Core {
  let raw: Raw | null = null;
  let view = emptyView(readable(room));
  let engine: Engine = { phase: 'loading' };
  const waiting: Waiting[] = [];
  const own = new Set<MediaStream>();
  const watchers = new Set<() => void>();
  const listeners = new Set<(note: Note) => void>();

  const changed = () => watchers.forEach((fn) => fn());
  const become = (next: Engine) => {
    engine = next;
    changed();
  };
  const crash = (details: string) => {
    if (engine.phase === 'crashed') return;
    console.error('core:', details);
    raw = null;
    // Nobody else would switch camera and microphone off now.
    own.forEach((stream) => stream.getTracks().forEach((track) => track.stop()));
    waiting.splice(0).forEach((w) => w.failed(new Error('core.crashed')));
    become({ phase: 'crashed', details });
  };
  const send = (command: Command): string => {
    if (!raw) return 'core.crashed';
    try {
      return raw.dispatch(JSON.stringify(command));
    } catch (error) {
      crash(String(error));
      return 'core.crashed';
    }
  };
  const settle = (w: Waiting) => {
    const code = send(w.command);
    if (code) w.failed(new Error(code));
    else w.done();
  };

  const ask = <T>(call: (raw: Raw) => T): T | null => {
    if (!raw) return null;
    try {
      return call(raw);
    } catch (error) {
      crash(String(error));
      return null;
    }
  };

  globalThis.conclavePorts = {
    ready(made) {
      if (made.abi !== abi) return crash(`core has interface ${made.abi}, page has ${abi}`);
      raw = made;
      // In a task of its own: Go is still inside this call and could not take a command.
      queueMicrotask(() => {
        become({ phase: 'ready' });
        waiting.splice(0).forEach(settle);
      });
    },
    deliver(json) {
      view = { ...view, ...(JSON.parse(json) as Partial<View>) };
      for (const id of ownStreams) {
        const stream = ask((r) => r.stream(id));
        if (stream) own.add(stream);
      }
      changed();
    },
    note(json) {
      const note = JSON.parse(json) as Note;
      listeners.forEach((fn) => fn(note));
    },
    get: store.get,
    set: store.set,
    stored: store.stored,
    fatal: crash,
  };

  if (room) waiting.push({ command: { t: 'room.open', name: room }, done: () => undefined, failed: () => undefined });
  const load = async () => {
    const go = new Go();
    let instance: WebAssembly.Instance;
    try {
      ({ instance } = await WebAssembly.instantiateStreaming(fetch(url), go.importObject));
    } catch (error) {
      console.error('core program:', error);
      return become({ phase: 'missing' });
    }
    try {
      await go.run(instance);
      crash('the program ended');
    } catch (error) {
      crash(String(error));
    }
  };
  void load();

  return {
    engine: () => engine,
    state: () => view,
    subscribe(fn) {
      watchers.add(fn);
      return () => watchers.delete(fn);
    },
    on(fn) {
      listeners.add(fn);
      return () => listeners.delete(fn);
    },
    dispatch: (command) =>
      new Promise((done, failed) => {
        const w = { command, done, failed };
        if (engine.phase === 'loading' || engine.phase === 'missing') waiting.push(w);
        else settle(w);
      }),
    stream: (id) => ask((r) => r.stream(id)),
    viewport: (watch: readonly Watch[]) => void ask((r) => r.viewport(JSON.stringify(watch))),
    strength: (name) => ask((r) => JSON.parse(r.strength(name)) as Strength),
    parse: (name) => ask((r) => JSON.parse(r.parse(name)) as Parsed),
    suggest: () => ask((r) => r.suggest()),
    micLevel: () => ask((r) => r.micLevel()) ?? 0,
    retry() {
      if (engine.phase !== 'missing') return;
      become({ phase: 'loading' });
      void load();
    },
  };
}

/** A path segment for people's eyes; one that is not proper percent-encoding stays as it is. */
function readable(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
