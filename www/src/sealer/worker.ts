// The encryption worker of one room: runs wasm/sealer, passes the page's commands to it and its reports to the page, and
// has the frames of all senders and receivers sealed and opened. shared/e2ee/port has the messages. A second instance of
// this script, started by the first under another name, derives the passphrase's key and is thrown away.
import { Program } from './program';
import { startWorker } from './start';
import { Transforms } from './transforms';

/** Name of the instance that derives. */
const derives = 'derive';

/** First byte of the command that another member's change of the passphrase leads to (port.Adopt). */
const adopts = 0x84;

/** Bit of a command's first byte: bytes 1 to 32 are what its passphrase is made into (port.NeedsPRS). */
const needsPRS = 0x80;
const prsSize = 32;

/** First byte of the report that asks for key frames (port.KeyFrame). */
const keyFrameReport = 8;

type Message = ArrayBuffer | { t: 'slot'; slot: number; source: number };

/** A command to derive from, and the program to do it with. */
interface Order {
  module: WebAssembly.Module;
  command: ArrayBuffer;
}

/** The worker of a room. */
class Room {
  #program: Program | null = null;
  #module: WebAssembly.Module | null = null;
  #over = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /**
   * Commands are done one after the other: those after one with a passphrase wait until it is derived. That goes for what the
   * person does; what another member changes is derived beside, so that nobody can hold up what members say to each other.
   */
  #line: Promise<void>;
  readonly transforms = new Transforms(() => this.#program);

  constructor() {
    this.#line = this.#load();
  }

  receive(message: Message): void {
    if (!(message instanceof ArrayBuffer)) {
      // At once: whoever had the slot before must not be shown in it while a passphrase is derived.
      this.transforms.assign(message.slot, message.source);
      return;
    }
    if (new Uint8Array(message)[0] === adopts) {
      void this.#line.then(() => (this.#over ? undefined : this.#adopt(message)));
    } else {
      this.#next(() => this.#do(message));
    }
  }

  /** Puts something at the line's end. */
  #next(task: () => void | Promise<void>): void {
    this.#line = this.#line.then(() => (this.#over ? undefined : task())).catch(() => this.#fail('crypto.worker'));
  }

  async #load(): Promise<void> {
    try {
      this.#module = await WebAssembly.compileStreaming(fetch(sealerProgram));
      this.#program = await Program.start(this.#module, () => this.#fail('crypto.worker'));
    } catch {
      this.#fail('crypto.load');
    }
  }

  async #do(message: ArrayBuffer): Promise<void> {
    if ((new Uint8Array(message)[0] ?? 0) & needsPRS) await this.#derive(message);
    this.#carryOut(message);
  }

  /** Derives while the line goes on. There is one such at a time: the program asks for no other before (port.Offered). */
  async #adopt(message: ArrayBuffer): Promise<void> {
    try {
      await this.#derive(message);
    } catch {
      this.#fail('crypto.worker');
      return;
    }
    this.#next(() => this.#carryOut(message));
  }

  /** Writes into a command what its passphrase is made into. */
  async #derive(message: ArrayBuffer): Promise<void> {
    const command = new Uint8Array(message);
    if (command.length <= prsSize) throw new RangeError('command too short');
    command.set(await derive({ module: this.#module as WebAssembly.Module, command: message }), 1);
  }

  #carryOut(message: ArrayBuffer): void {
    const command = new Uint8Array(message);
    const program = this.#program;
    if (!program) return; // it ended meanwhile
    program.tick(performance.now());
    if (!program.command(command)) this.#fail('crypto.worker');
    command.fill(0);
    this.#listen();
  }

  /** Passes all reports on and sets the alarm anew. */
  #listen(): void {
    const program = this.#program;
    if (!program) return;
    for (let report = program.report(); report; report = program.report()) {
      if (new Uint8Array(report)[0] === keyFrameReport && this.transforms.askForKeyFrames()) continue;
      postMessage(report, { transfer: [report] });
    }
    clearTimeout(this.#timer);
    const at = program.deadline();
    if (at >= 0) this.#timer = setTimeout(() => this.#tick(), Math.max(0, at - performance.now()));
  }

  #tick(): void {
    try {
      this.#program?.tick(performance.now());
      this.#listen();
    } catch {
      this.#fail('crypto.worker');
    }
  }

  /** Says once that nothing more comes. From then on every frame is dropped; the page starts another worker. */
  #fail(code: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#program = null;
    clearTimeout(this.#timer);
    postMessage(code);
  }
}

/** Has a command's passphrase made into its key elsewhere: Argon2id takes 19 MB, which a program never gives back. */
function derive(order: Order): Promise<Uint8Array> {
  return new Promise((done, failed) => {
    const helper = startWorker(self.location.href, derives);
    const end = (then: () => void) => {
      helper.terminate();
      then();
    };
    helper.onmessage = (e: MessageEvent<unknown>) => {
      const { data } = e;
      if (data instanceof Uint8Array && data.length === prsSize) end(() => done(data));
      else end(() => failed(new Error('not derived')));
    };
    helper.onerror = helper.onmessageerror = () => end(() => failed(new Error('not derived')));
    helper.postMessage(order);
  });
}

/** The instance that derives: one order, one answer (null: it cannot be done). */
async function carryOut(order: Order): Promise<void> {
  const program = await Program.start(order.module, () => postMessage(null));
  postMessage(program.derive(new Uint8Array(order.command)));
}

if (self.name === derives) {
  onmessage = (e: MessageEvent<Order>) => void carryOut(e.data).catch(() => postMessage(null));
} else {
  const room = new Room();
  onmessage = (e: MessageEvent<Message>) => room.receive(e.data);
  onrtctransform = (e) => room.transforms.begin(e.transformer);
}
