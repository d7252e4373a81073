// A core without a program: made-up people in every state that the screens know. Only in bundles made with
// build.mjs --fake, for screenshots and tests of the view. ?fake=STATE chooses the state, &click=SELECTOR presses
// something after the first drawing, and again for what that brought.
import type { Command, Message, Note, Peer, Strength, View } from './api.gen';
import { emptyView, type Core, type Engine } from './core';
import { answerCrypto, phrase, sealed } from './fake.crypto';
import { picture, slide } from './fake.pictures';
import { answerPrejoin, cryptoAs } from './fake.prejoin';

const room = 'quiet-otters-paint-lanterns';
const names = (
  'Amara Okafor,Lukas Brandt,Mei-Ling Chen,Sofía Herrera,Jonas Lindqvist,Priya Raghunathan,Tomás Nowak,Hana Kim,' +
  'Ólafur Jónsson,Fatima Zahra,Noah Williams,Yuki Tanaka,Isabelle Laurent,Diego Torres,Emma Schmidt,Kwame Mensah,' +
  'Anna Kowalska,Ravi Patel,Leila Haddad,Marco Rossi,Grace Muller,Ivan Petrov,Nadia Farouk,Chen Wei'
).split(',');
const ready = { on: true, state: 'ready', live: true };

/** Peer number i (from 0), with a fixed variety of states. */
function peer(i: number): Peer {
  const index = i + 2;
  const cam = i !== 2 && i !== 6 && i !== 10;
  return {
    index,
    name: names[i] ?? `Guest ${i}`,
    role: i === 0 ? 'host' : 'guest',
    mic: i % 2 === 0,
    hand: i === 3 ? 1 : 0,
    away: i === 8,
    speaks: i === 0,
    cam: cam ? { on: true, stream: `${index}/cam`, ...(i === 7 ? { why: 'bandwidth' } : {}) } : { on: false },
    screen: { on: false },
    crypto: '',
    sounds: [],
  };
}

function call(people: number): View {
  const view = prejoin();
  view.app = { screen: 'call', conn: 'up', end: { code: '' }, joinedAt: Date.now() - 24 * 60_000 - 7_000 };
  view.me = { ...view.me, index: 1, mic: { ...ready, on: people === 1 } };
  view.peers = Array.from({ length: people - 1 }, (_, i) => peer(i));
  view.stage = { dominant: 2, sharer: 0 };
  view.chat = { messages, unread: people > 1 ? 2 : 0, problem: { code: '' } };
  return view;
}

function prejoin(): View {
  const view = emptyView(room);
  view.room = { ...view.room, strength: { level: 4, weak: false, log10: 13 } };
  view.me = { ...view.me, name: 'Ada Lovelace', mic: ready, cam: ready };
  view.devices = {
    mics: [{ id: 'a', label: 'MacBook Pro Microphone' }],
    cams: [{ id: 'b', label: 'FaceTime HD Camera' }],
    speakers: [{ id: 'c', label: 'External Headphones' }],
    mic: 'a',
    cam: 'b',
    speaker: '',
  };
  return view;
}

function ended(code: string): View {
  const view = prejoin();
  view.app = { screen: 'end', conn: 'idle', end: { code }, joinedAt: code === 'left' ? Date.now() - 24 * 60_000 : 0 };
  return view;
}

const at = new Date(2026, 0, 5, 10, 0).getTime();
const messages: Message[] = [
  { id: 1, from: 2, name: 'Amara Okafor', mine: false, at, text: 'Morning! Agenda is in the doc: https://example.org/agenda' },
  { id: 2, from: 3, name: 'Lukas Brandt', mine: false, at: at + 60_000, text: 'Running two minutes late, start without me.' },
  { id: 3, from: 1, name: 'Ada Lovelace', mine: true, at: at + 120_000, text: 'No problem 👍' },
  { id: 4, from: 5, name: 'Sofía Herrera', mine: false, at: at + 180_000, text: 'Can you check the numbers on slide 4 before we get there?' },
  { id: 5, from: 5, name: 'Sofía Herrera', mine: false, at: at + 190_000, text: '(they look off)' },
];

/** Every state by name; numbers of people are part of it: "call-9". */
function stateOf(name: string): { view: View; engine: Engine } {
  const [kind = '', detail = ''] = [name.split('-')[0], name.split('-').slice(1).join('-')];
  const engine: Engine =
    name === 'crashed'
      ? { phase: 'crashed', details: 'panic: made up' }
      : { phase: kind === 'loading' || kind === 'missing' ? (kind as 'loading') : 'ready' };
  return { view: viewOf(kind, detail), engine };
}

function viewOf(kind: string, detail: string): View {
  if (kind === 'prejoin') return prejoinAs(detail);
  if (kind === 'waiting') {
    const view = prejoin();
    view.app = { ...view.app, screen: 'waiting', conn: 'up' };
    if (detail) view.auth = { name: '', known: true, busy: false, problem: problem(detail), enrolled: false };
    return view;
  }
  if (kind === 'call') return callAs(detail);
  if (kind === 'sealed') return sealed(call(5), detail);
  if (kind === 'end') return ended(detail);
  if (kind === 'badroom') return { ...prejoin(), room: { ...prejoin().room, problem: { code: 'room.name' } } };
  const view = emptyView(location.pathname === '/' || location.pathname.startsWith('/_/') ? '' : room);
  view.crypto = cryptoAs(detail);
  if (kind === 'auth') view.auth = authAs(detail);
  return view;
}

const problem = (code: string) => ({ code, ...(code === 'auth.rate' ? { retryAfter: 30_000 } : {}) });

function authAs(detail: string) {
  const done = detail === 'in' || detail === 'enrolled';
  return {
    name: done ? 'ada' : '',
    known: true,
    busy: false,
    problem: problem(done ? '' : detail),
    enrolled: detail === 'enrolled',
  };
}

function prejoinAs(detail: string): View {
  const view = prejoin();
  view.crypto = cryptoAs(detail);
  if (detail === 'weak') view.room = { ...view.room, name: 'test', strength: { level: 1, weak: true, log10: 3 } };
  if (['denied', 'deniedSystem', 'notFound', 'busy', 'failed'].includes(detail)) {
    const input = { on: true, state: detail, live: false };
    view.me = { ...view.me, mic: input, cam: input };
    view.devices = { mics: [], cams: [], speakers: [], mic: '', cam: '', speaker: '' };
  }
  if (detail === 'off') view.me = { ...view.me, cam: { on: false, state: 'off', live: false } };
  return view;
}

function callAs(detail: string): View {
  const view = call(parseInt(detail, 10) || 9);
  if (detail.endsWith('share')) {
    view.stage = { dominant: 2, sharer: 2 };
    view.peers = view.peers.map((p, i) => (i === 0 ? { ...p, screen: { on: true, stream: '2/screen' } } : p));
  }
  if (detail.endsWith('paused')) {
    // One that was never seen, one that stands still, and a screen.
    const why = 'bandwidth';
    const shares = detail.endsWith('share-paused');
    view.stage = { dominant: 2, sharer: shares ? 2 : 0 };
    view.peers = view.peers.map((p, i) => ({
      ...p,
      cam: i === 0 ? { on: true, why } : { ...p.cam, ...(i === 1 ? { why } : {}) },
      screen: i === 0 && shares ? { on: true, stream: '2/screen', why } : p.screen,
    }));
  }
  if (detail.endsWith('mine')) view.me = { ...view.me, share: { ...view.me.share, on: true } };
  if (detail.endsWith('lost')) view.app = { ...view.app, conn: 'lost' };
  return view;
}

/** Starts the made-up core that the address asks for. */
export function startCore(): Core {
  const query = new URLSearchParams(location.search);
  const start = stateOf(query.get('fake') ?? 'home');
  let { view } = start;
  const watchers = new Set<() => void>();
  const listeners = new Set<(note: Note) => void>();
  const streams = new Map<string, MediaStream>();
  const change = (next: Partial<View>) => {
    view = { ...view, ...next };
    watchers.forEach((fn) => fn());
  };
  query.getAll('click').forEach((click, i) => {
    setTimeout(() => document.querySelector<HTMLElement>(click)?.click(), 300 * (i + 1));
  });
  const theme = query.get('theme');
  if (theme) setTimeout(() => (document.documentElement.dataset['theme'] = theme), 200);
  if (query.get('dir') === 'rtl') document.documentElement.dir = 'rtl';
  const note = query.get('note');
  if (note) setTimeout(() => listeners.forEach((fn) => fn({ t: 'toast', key: note, tone: 'error' })), 300);

  return {
    engine: () => start.engine,
    state: () => view,
    subscribe: (fn) => (watchers.add(fn), () => watchers.delete(fn)),
    on: (fn) => (listeners.add(fn), () => listeners.delete(fn)),
    dispatch(command) {
      change(answer(view, command));
      return Promise.resolve('');
    },
    stream(id) {
      let stream = streams.get(id);
      if (!stream) streams.set(id, (stream = id.endsWith('/screen') ? slide() : picture(id)));
      return stream;
    },
    viewport: () => undefined,
    strength: (name) => (start.engine.phase === 'ready' ? judge(name) : null),
    parse: (name) => ({ name: name.toLowerCase(), code: name.includes('!') ? 'bad-character' : '' }),
    suggest: () => (start.engine.phase !== 'ready' ? null : query.get('fake') === 'home-weak' ? 'test' : room),
    passphrase: () => (['off', 'passphrase'].includes(view.crypto.phase) ? '' : phrase),
    passphraseStrength: (text) => (start.engine.phase === 'ready' ? judge(text) : null),
    suggestPassphrase: () => (start.engine.phase === 'ready' ? phrase : null),
    micLevel: () => 0.42,
    retry: () => undefined,
  };
}

const judge = (name: string): Strength =>
  name.length < 8 ? { level: 1, weak: true, log10: 3 } : { level: 4, weak: false, log10: 13 };

/** What a command changes, as far as a picture of a screen needs it. */
function answer(view: View, command: Command): Partial<View> {
  const { me, chat } = view;
  switch (command.t) {
    case 'mic':
      return { me: { ...me, mic: { ...me.mic, on: command.on ?? !me.mic.on } } };
    case 'cam':
      return { me: { ...me, cam: { ...me.cam, on: command.on ?? !me.cam.on, live: command.on ?? !me.cam.on } } };
    case 'hand':
      return { me: { ...me, hand: command.up ? 1 : 0 } };
    case 'chat.seen':
      return { chat: { ...chat, unread: 0 } };
    case 'chat.send': {
      const line = { id: chat.messages.length + 1, from: 1, name: me.name, mine: true, at: Date.now(), text: command.text };
      return { chat: { ...chat, messages: [...chat.messages, line] } };
    }
    case 'room.open':
      return {
        ...prejoinAs(command.name.length < 8 ? 'weak' : ''),
        crypto: { ...cryptoAs(command.e2ee ? 'e2ee' : ''), able: view.crypto.able },
        room: { ...view.room, name: command.name, strength: judge(command.name) },
      };
    case 'join':
    case 'rejoin':
      return call(5);
    case 'leave':
      return ended('left');
    default:
      return view.app.screen === 'prejoin' ? answerPrejoin(view, command) : answerCrypto(view, command);
  }
}
