// The transforms of the page's senders and receivers (RTCRtpScriptTransform): each frame is sealed or opened, or it does
// not go on. There is no third way, whatever happens: a frame that cannot be sealed stays here, and so does one that
// comes before the program runs or after it ended.
import type { Frame, Program } from './program';

/** What a transform is for: its options, as shared/e2ee/port has them. */
type Purpose = { op: 'seal'; stream: number } | { op: 'open'; audio: boolean; slot: number };

/** The worker's end of a transform; generateKeyFrame is Firefox's and Safari's alone (seen: 153; Chromium 156 has none). */
interface Transformer {
  readonly readable: ReadableStream<Frame>;
  readonly writable: WritableStream<Frame>;
  readonly options: unknown;
  generateKeyFrame?(): Promise<unknown>;
  sendKeyFrameRequest?(): Promise<void>;
}

declare global {
  var onrtctransform: ((event: { readonly transformer: Transformer }) => void) | null;
}

/** Streams of video as senderkey numbers them. */
const videoStreams: readonly number[] = [1, 2];
const streams = 4;

/** A slot carries nothing until the page has said whose frames are shown there. */
const nobody = -1;

/** A receiver's slot. */
interface Slot {
  source: number;
  /** Whom the last frame named that was dropped here for being somebody else's. */
  refused: number;
  transformer: Transformer | null;
}

/** All transforms of a worker. */
export class Transforms {
  readonly #slots = new Map<number, Slot>();
  readonly #cameras = new Set<Transformer>();
  readonly #program: () => Program | null;

  /** program is asked for each frame; null: there is none (yet, or any more). */
  constructor(program: () => Program | null) {
    this.#program = program;
  }

  /** Lets a transform begin. One with options that are none lets nothing through. */
  begin(transformer: Transformer): void {
    const { readable, writable } = transformer;
    const pass = this.#worker(transformer);
    const end = () => this.#forget(transformer);
    readable
      .pipeThrough(
        new TransformStream<Frame, Frame>({
          transform: (frame, controller) => {
            if (pass(frame)) controller.enqueue(frame);
          },
        }),
      )
      .pipeTo(writable)
      .then(end, end);
  }

  /** Says whose frames a slot is to show: index<<3 | stream; a negative number: nobody's. */
  assign(number: number, source: number): void {
    const slot = this.#slot(number);
    slot.source = source >= 0 ? source : nobody;
    if (slot.source === nobody || slot.refused !== slot.source) return;
    slot.refused = nobody;
    // Its key frame may have been among what was dropped. The browser asks by itself, but later.
    slot.transformer?.sendKeyFrameRequest?.().catch(() => {}); // a receiver of sound refuses
  }

  /** Asks the encoders of our video for a key frame. False: some cannot be asked from here. */
  askForKeyFrames(): boolean {
    let all = true;
    for (const t of this.#cameras) {
      if (t.generateKeyFrame) t.generateKeyFrame().catch(() => {}); // refused when nothing is sent now
      else all = false;
    }
    return all;
  }

  /** What is done with each frame of a transform; its result says whether the frame goes on. */
  #worker(transformer: Transformer): (frame: Frame) => boolean {
    const purpose = read(transformer.options);
    if (purpose?.op === 'seal') {
      if (videoStreams.includes(purpose.stream)) this.#cameras.add(transformer);
      return (frame) => this.#program()?.seal(purpose.stream, frame) ?? false;
    }
    if (purpose?.op === 'open') {
      const slot = this.#slot(purpose.slot);
      if (!slot.transformer) {
        slot.transformer = transformer;
        return (frame) => this.#open(purpose.audio, slot, frame);
      }
    }
    return () => false;
  }

  #open(audio: boolean, slot: Slot, frame: Frame): boolean {
    const source = this.#program()?.open(audio, slot.source, frame) ?? nobody;
    if (source === nobody) return false;
    if (source === slot.source) return true;
    slot.refused = source;
    return false;
  }

  #slot(number: number): Slot {
    const known = this.#slots.get(number);
    if (known) return known;
    const slot = { source: nobody, refused: nobody, transformer: null };
    this.#slots.set(number, slot);
    return slot;
  }

  /** Slots that have ended stay known, so that none is used twice. */
  #forget(transformer: Transformer): void {
    this.#cameras.delete(transformer);
    for (const slot of this.#slots.values()) {
      if (slot.transformer === transformer) slot.source = nobody;
    }
  }
}

/** Reads a transform's options; null for anything that shared/e2ee/port does not have. */
function read(options: unknown): Purpose | null {
  const o = options as { op?: unknown; stream?: unknown; audio?: unknown; slot?: unknown } | null;
  const whole = (x: unknown): x is number => Number.isInteger(x) && (x as number) >= 0;
  if (o?.op === 'seal' && whole(o.stream) && o.stream < streams) return { op: 'seal', stream: o.stream };
  if (o?.op === 'open' && typeof o.audio === 'boolean' && whole(o.slot)) return { op: 'open', audio: o.audio, slot: o.slot };
  return null;
}
