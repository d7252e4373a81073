// The real core: loads Go's program, gives it its ports, and turns what it delivers into snapshots.
import 'go-wasm-exec';
import type { Command, Note, Strength, View } from './api.gen';
import { startWorker } from '../sealer/start';
import { emptyView, open, type Core, type Engine, type Opening, type Parsed, type Watch } from './core';
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
  passphrase(): string;
  passphraseStrength(text: string): string;
  suggestPassphrase(): string;
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
  worker(): Worker;
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

/** The code of what can no longer be done. */
const crashed = 'core.crashed';

interface Waiting {
  command: Command;
  done: (code: string) => void;
}

/**
 * Starts loading the core from url and returns at once. opening is the room of the address, as it stands there: the core
 * opens it first of all, and until it is there the snapshot shows its name.
 */
export function startCore(url: string, opening: Opening | null): Core {
  const bridge = new Bridge(url, emptyView(readable(opening?.room ?? ''), opening?.e2ee));
  globalThis.conclavePorts = bridge.ports();
  if (opening) open(bridge, opening);
  void bridge.load();
  return bridge;
}

class Bridge implements Core {
  #raw: Raw | null = null;
  #engine: Engine = { phase: 'loading' };
  #waiting: Waiting[] = [];
  readonly #own = new Set<MediaStream>();
  readonly #watchers = new Set<() => void>();
  readonly #listeners = new Set<(note: Note) => void>();
  readonly #url: string;
  #view: View;

  constructor(url: string, view: View) {
    this.#url = url;
    this.#view = view;
  }

  engine = () => this.#engine;
  state = () => this.#view;

  subscribe(fn: () => void): () => void {
    this.#watchers.add(fn);
    return () => this.#watchers.delete(fn);
  }

  on(fn: (note: Note) => void): () => void {
    this.#listeners.add(fn);
    return () => this.#listeners.delete(fn);
  }

  dispatch(command: Command): Promise<string> {
    return new Promise((done) => {
      const one = { command, done };
      if (this.#engine.phase === 'loading' || this.#engine.phase === 'missing') this.#waiting.push(one);
      else this.#send(one);
    });
  }

  stream = (id: string) => this.#ask((raw) => raw.stream(id));
  viewport = (watch: readonly Watch[]) => void this.#ask((raw) => raw.viewport(JSON.stringify(watch)));
  strength = (name: string) => this.#ask((raw) => JSON.parse(raw.strength(name)) as Strength);
  parse = (name: string) => this.#ask((raw) => JSON.parse(raw.parse(name)) as Parsed);
  suggest = () => this.#ask((raw) => raw.suggest());
  passphrase = () => this.#ask((raw) => raw.passphrase()) ?? '';
  passphraseStrength = (text: string) => this.#ask((raw) => JSON.parse(raw.passphraseStrength(text)) as Strength);
  suggestPassphrase = () => this.#ask((raw) => raw.suggestPassphrase());
  micLevel = () => this.#ask((raw) => raw.micLevel()) ?? 0;

  retry(): void {
    if (this.#engine.phase !== 'missing') return;
    this.#become({ phase: 'loading' });
    void this.load();
  }

  /** What the program is given. Called by Go; nothing here waits. */
  ports(): Ports {
    return {
      ready: (raw) => this.#ready(raw),
      deliver: (json) => this.#deliver(JSON.parse(json) as Partial<View>),
      note: (json) => {
        const note = JSON.parse(json) as Note;
        this.#listeners.forEach((fn) => fn(note));
      },
      get: store.get,
      set: store.set,
      stored: store.stored,
      worker: () => startWorker(sealerWorker, 'room'),
      fatal: (text) => this.#crash(text),
    };
  }

  /** Loads and runs the program; comes back when it has ended, which it never should. */
  async load(): Promise<void> {
    const go = new Go();
    let instance: WebAssembly.Instance;
    try {
      ({ instance } = await WebAssembly.instantiateStreaming(fetch(this.#url), go.importObject));
    } catch (error) {
      console.error('core program:', error);
      return this.#become({ phase: 'missing' });
    }
    try {
      await go.run(instance);
      this.#crash('the program ended');
    } catch (error) {
      this.#crash(String(error));
    }
  }

  #ready(raw: Raw): void {
    if (raw.abi !== abi) return this.#crash(`core has interface ${raw.abi}, page has ${abi}`);
    this.#raw = raw;
    // In a task of its own: Go is still inside this call and could not take a command.
    queueMicrotask(() => {
      this.#become({ phase: 'ready' });
      this.#waiting.splice(0).forEach((one) => this.#send(one));
    });
  }

  #deliver(changed: Partial<View>): void {
    this.#view = { ...this.#view, ...changed };
    for (const id of ownStreams) {
      const stream = this.stream(id);
      if (stream) this.#own.add(stream);
    }
    this.#changed();
  }

  #send({ command, done }: Waiting): void {
    done(this.#ask((raw) => raw.dispatch(JSON.stringify(command))) ?? crashed);
  }

  /** Asks the running program; null when it does not run. What it throws is its end. */
  #ask<T>(call: (raw: Raw) => T): T | null {
    if (!this.#raw) return null;
    try {
      return call(this.#raw);
    } catch (error) {
      this.#crash(String(error));
      return null;
    }
  }

  #crash(details: string): void {
    if (this.#engine.phase === 'crashed') return;
    console.error('core:', details);
    this.#raw = null;
    // Nobody else would switch camera and microphone off now.
    this.#own.forEach((stream) => stream.getTracks().forEach((track) => track.stop()));
    this.#become({ phase: 'crashed', details });
    this.#waiting.splice(0).forEach((one) => one.done(crashed));
  }

  #become(engine: Engine): void {
    this.#engine = engine;
    this.#changed();
  }

  #changed(): void {
    this.#watchers.forEach((fn) => fn());
  }
}

/** A path segment for people's eyes; one that is not proper percent-encoding stays as it is. */
function readable(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
