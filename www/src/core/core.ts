// The page core as the view sees it: a snapshot to draw, commands to send, streams to show. Two programs are a Core: the
// real one (bridge.ts, Go in WebAssembly) and, in test bundles only, a made-up one (fake.ts).
import type { Command, Note, Strength, View } from './api.gen';

/** Where the core's program is in its life. Nothing waits for 'ready' to draw. */
export type Engine =
  | { phase: 'loading' }
  | { phase: 'ready' }
  | { phase: 'missing' } // its program could not be loaded; retry() tries again
  | { phase: 'crashed'; details: string };

/** One video source that is on screen, and how large: source is "3/cam", h its height in device pixels. */
export interface Watch {
  source: string;
  h: number;
  prio: number;
}

/** A room to open: its name as it was typed or stands in an address. */
export interface Opening {
  room: string;
  /** Only as an encrypted room. */
  e2ee?: boolean;
  /** "": none yet. */
  passphrase?: string;
}

/** What became of a typed room name. code is "" or why it cannot be one. */
export interface Parsed {
  name: string;
  code: string;
}

export interface Core {
  engine(): Engine;
  /** The current snapshot. Slices that did not change keep their identity. */
  state(): View;
  /** Calls fn after every change of state or engine, at most once per animation frame. Returns what ends it. */
  subscribe(fn: () => void): () => void;
  /** Calls fn with every passing message. Returns what ends it. */
  on(fn: (note: Note) => void): () => void;
  /**
   * Sends a command; before the core is ready it waits in line. Comes back with "", or with the code of a refusal; it
   * never rejects, so that a caller who has nothing to add need not listen.
   */
  dispatch(command: Command): Promise<string>;
  /** The stream of "me/cam", "3/mic" …: the same object as long as the source is known; null when it is not. */
  stream(id: string): MediaStream | null;
  viewport(watch: readonly Watch[]): void;
  /** How hard a room name is to guess; null before the core is ready. */
  strength(name: string): Strength | null;
  parse(name: string): Parsed | null;
  /** A fresh strong room name; null before the core is ready. */
  suggest(): string | null;
  /** The room's passphrase, for copying and for the invitation; "" when there is none. Not for the snapshot. */
  passphrase(): string;
  /** How hard a passphrase is to guess. Whatever cannot be one is weak. null before the core is ready. */
  passphraseStrength(text: string): Strength | null;
  /** A fresh passphrase of four words; null before the core is ready. */
  suggestPassphrase(): string | null;
  /** How loud my microphone is now, 0 … 1. */
  micLevel(): number;
  /** Loads the program again after 'missing'. */
  retry(): void;
}

/** Opens a room. With a passphrase it is an encrypted one. */
export function open(core: Pick<Core, 'dispatch'>, { room, e2ee = false, passphrase = '' }: Opening): void {
  void core.dispatch({ t: 'room.open', name: room, e2ee: e2ee || passphrase !== '' });
  if (passphrase) void core.dispatch({ t: 'crypto.passphrase', text: passphrase });
}

const none = { code: '' };

/** The snapshot before the core has said anything: the screen that the address asks for, with nothing known. */
export function emptyView(room: string, e2ee = false): View {
  const input = { on: true, state: 'starting', live: false };
  return {
    app: { screen: room ? 'prejoin' : 'home', conn: 'idle', end: none, joinedAt: 0 },
    room: { name: room, strength: { level: 0, weak: false, log10: 0 }, problem: none },
    me: {
      index: 0,
      name: '',
      role: 'guest',
      mic: input,
      cam: input,
      share: { on: false, busy: false, audio: false, problem: none },
      hand: 0,
      speaks: false,
    },
    devices: { mics: [], cams: [], speakers: [], mic: '', cam: '', speaker: '' },
    peers: [],
    stage: { dominant: 0, sharer: 0 },
    chat: { messages: [], unread: 0, problem: none },
    auth: { name: '', known: false, busy: false, problem: none, enrolled: false },
    crypto: { on: e2ee, able: 'unknown', phase: e2ee ? 'passphrase' : 'off', with: 0, code: '', agreement: 'none', different: 0, attempts: 0, problem: none },
  };
}
