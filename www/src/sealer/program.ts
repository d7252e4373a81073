// wasm/sealer as the worker's scripts see it: a program of numbers and two fixed buffers. It holds the keys; nothing here
// does. Its exports and codes are documented in wasm/sealer/main.go.
import 'go-wasm-exec';

interface Exports {
  readonly mem: WebAssembly.Memory;
  input(): number;
  output(): number;
  capacity(): number;
  maxFrame(): number;
  seal(stream: number, codec: number, key: number, n: number): number;
  open(kind: number, source: number, n: number): number;
  sender(): number;
  drop(reason: number): void;
  tick(now: number): number;
  command(n: number): number;
  report(): number;
  deadline(): number;
  derive(n: number): number;
}

/** Go's glue, which says when its program has ended. */
type Go = InstanceType<typeof globalThis.Go> & { readonly exited?: boolean };

/** Reasons of the worker's own to drop a frame, counted with the program's; as in wasm/sealer. */
export const dropped = { codec: -20, length: -21 } as const;

/** What the program's open says of a frame that names another sender than was wanted. */
const otherSource = -22;

/** Codecs of frames as the program numbers them, by the MIME type that browsers call them, in lower case. */
const codecs: Readonly<Record<string, number>> = { 'audio/opus': 1, 'video/vp8': 2, 'video/vp9': 3, 'video/av1': 4 };

const soundKind = 1;
const videoKind = 2;

/** What a browser gives a transform: RTCEncodedVideoFrame or RTCEncodedAudioFrame, of which only the former has a type. */
export interface Frame {
  data: ArrayBuffer;
  readonly type?: string;
  getMetadata(): { readonly mimeType?: string };
}

/** One running program. No method waits, and none passes on what the program refused. */
export class Program {
  readonly #go: Go;
  readonly #x: Exports;
  readonly #in: number;
  readonly #out: number;
  readonly #capacity: number;
  readonly #longest: number;
  #memory = new Uint8Array();

  /** Comes back with the running program; onEnd is called should it ever end, which it does only by a defect. */
  static async start(module: WebAssembly.Module, onEnd: () => void): Promise<Program> {
    const go: Go = new globalThis.Go();
    const instance = await WebAssembly.instantiate(module, go.importObject);
    void go.run(instance).then(onEnd, onEnd);
    return new Program(go, instance.exports as unknown as Exports);
  }

  private constructor(go: Go, x: Exports) {
    this.#go = go;
    this.#x = x;
    this.#in = x.input();
    this.#out = x.output();
    this.#capacity = x.capacity();
    this.#longest = x.maxFrame();
  }

  /** Whether it has ended. Its exports can still be called then, and do anything but what they should. */
  get ended(): boolean {
    return this.#go.exited === true;
  }

  /** Seals a frame of one of our streams in its place. False: the frame must not go on. */
  seal(stream: number, frame: Frame): boolean {
    const codec = codecs[frame.getMetadata().mimeType?.toLowerCase() ?? ''];
    if (codec === undefined) return this.drop(dropped.codec);
    const n = frame.data.byteLength;
    if (n > this.#longest) return this.drop(dropped.length);
    this.#write(frame.data);
    return this.#take(frame, this.#x.seal(stream, codec, frame.type === 'key' ? 1 : 0, n));
  }

  /**
   * Opens a frame in its place that is to be from source, index<<3 | stream (-1: from nobody), and returns source. Any
   * other result means that the frame must not go on: whom a frame named that was not wanted (nobody has proved it), or -1.
   */
  open(audio: boolean, source: number, frame: Frame): number {
    const n = frame.data.byteLength;
    if (n > this.#capacity) {
      this.drop(dropped.length);
      return -1;
    }
    this.#write(frame.data);
    const length = this.#x.open(audio ? soundKind : videoKind, source, n);
    if (length === otherSource && !this.ended) return this.#x.sender() >> 8; // below it are generation and step
    return this.#take(frame, length) ? source : -1;
  }

  /** Counts a frame that does not go on. Always false. */
  drop(reason: number): false {
    if (!this.ended) this.#x.drop(reason);
    return false;
  }

  /** Carries out a command of the page. False: it was none. */
  command(bytes: Uint8Array): boolean {
    return bytes.length <= this.#capacity && (this.#write(bytes), this.#x.command(bytes.length) === 0);
  }

  /** Makes what a command with a passphrase says into its 32 bytes; null when it is no such command. */
  derive(bytes: Uint8Array): Uint8Array | null {
    if (bytes.length > this.#capacity) return null;
    this.#write(bytes);
    return this.#x.derive(bytes.length) === 0 ? this.#read(32) : null;
  }

  /** Takes the program's next report; null when there is none. It throws when one is lost. */
  report(): ArrayBuffer | null {
    const n = this.#x.report();
    if (n < 0) throw new Error('report lost');
    return n > 0 ? this.#read(n).buffer : null;
  }

  /** Tells the program the time, by performance.now. */
  tick(now: number): void {
    this.#x.tick(now);
  }

  /** When the program is to be told the time again; negative: it does not matter. */
  deadline(): number {
    return this.#x.deadline();
  }

  #take(frame: Frame, length: number): boolean {
    if (length <= 0 || this.ended) return false;
    frame.data = this.#read(length).buffer;
    return true;
  }

  #write(bytes: ArrayBuffer | Uint8Array): void {
    this.#view().set(bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes), this.#in);
  }

  /** A copy of the output's first n bytes. */
  #read(n: number): Uint8Array<ArrayBuffer> {
    return this.#view().slice(this.#out, this.#out + n);
  }

  /** The memory as it is now: when it grows, older views have lost it. */
  #view(): Uint8Array {
    const { buffer } = this.#x.mem;
    if (this.#memory.buffer !== buffer) this.#memory = new Uint8Array(buffer);
    return this.#memory;
  }
}
