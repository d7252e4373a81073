// Made-up encrypted meetings in every state (ui.md, 1.12), for fake.ts: ?fake=sealed-STATE.
import type { Command, Crypto, Peer, View } from './api.gen';

export const phrase = 'marble kettle orbit sandal';
const code = '40712 88153 02946 71530 66218 19047';
const none = { code: '' };

const up: Crypto = {
  on: true,
  able: 'yes',
  phase: 'up',
  with: 0,
  code,
  agreement: 'same',
  different: 0,
  attempts: 0,
  problem: none,
};

interface State {
  crypto: Partial<Crypto>;
  /** How the others are; those who are not named are up. Fewer than four are all that there are. */
  peers?: readonly Peer['crypto'][];
  /** I came before the others. */
  first?: boolean;
  role?: View['me']['role'];
}

const nobody: Partial<Crypto> = { code: '', agreement: 'none' };
const open: readonly Peer['crypto'][] = ['', '', '', ''];
const unasked: readonly Peer['crypto'][] = ['waiting', 'waiting', 'waiting', 'waiting'];
const latecomer = (crypto: Peer['crypto']): readonly Peer['crypto'][] => ['up', 'up', 'up', crypto];

const states: Readonly<Record<string, State>> = {
  off: { crypto: { on: false, phase: 'off', ...nobody }, peers: open, role: 'host' },
  offGuest: { crypto: { on: false, phase: 'off', ...nobody }, peers: open },
  offUnable: { crypto: { on: false, phase: 'off', able: 'no', ...nobody }, peers: open, role: 'host' },
  asking: { crypto: { phase: 'passphrase', ...nobody, problem: { code: 'e2ee.required' } }, peers: unasked },
  starting: { crypto: { phase: 'starting', ...nobody }, peers: unasked },
  alone: { crypto: { phase: 'alone', ...nobody } },
  checking: { crypto: { phase: 'checking', ...nobody }, peers: ['checking', 'waiting', 'waiting', 'waiting'] },
  same: { crypto: {}, role: 'host' },
  newcomer: { crypto: { agreement: 'updating' }, peers: latecomer('checking'), first: true },
  waiting: { crypto: {}, peers: ['up', 'reconnecting', 'up', 'waiting'], first: true },
  failed: { crypto: {}, peers: latecomer('failed'), first: true },
  different: { crypto: { different: 1 }, peers: latecomer('different'), first: true, role: 'host' },
  differ: { crypto: { agreement: 'differ' } },
  mismatch: { crypto: { phase: 'mismatch', with: 2, different: 1, ...nobody }, peers: ['different', 'waiting', 'waiting', 'waiting'] },
  mismatchAll: { crypto: { phase: 'alone', different: 4, ...nobody }, peers: ['different', 'different', 'different', 'different'] },
  first: { crypto: { phase: 'alone', different: 1, ...nobody }, peers: ['different'], first: true },
  locked: { crypto: { phase: 'locked', attempts: 20 }, peers: latecomer('different'), first: true, role: 'host' },
  split: { crypto: { phase: 'split', agreement: 'differ' } },
};

/** view as an encrypted meeting in the state of that name. */
export function sealed(view: View, name: string): View {
  const { crypto, peers = [], first = false, role = 'guest' } = states[name] ?? { crypto: {} };
  const count = name === 'alone' ? 0 : peers.length || view.peers.length;
  return {
    ...view,
    me: { ...view.me, index: first ? 1 : 9, role },
    crypto: { ...up, ...crypto },
    peers: view.peers.slice(0, count).map((peer, i) => member(peer, peers[i] ?? 'up')),
  };
}

/** Whoever was never up has no name. */
function member(peer: Peer, crypto: Peer['crypto']): Peer {
  const known = crypto === '' || crypto === 'up' || crypto === 'reconnecting';
  return { ...peer, crypto, ...(known ? {} : { name: '', hand: 0, sounds: [], cam: { on: true } }) };
}

/** What a command about encryption changes in a meeting. */
export function answerCrypto({ crypto, peers }: View, command: Command): Partial<View> {
  const is = (change: Partial<Crypto>) => ({ crypto: { ...crypto, ...change } });
  switch (command.t) {
    case 'crypto.passphrase':
      if (command.text.length < 8) return is({ problem: { code: command.text ? 'crypto.weak' : 'crypto.empty' } });
      return is({ problem: none, ...(crypto.on ? { phase: 'checking' as const } : {}) });
    case 'crypto.on':
      return { ...is({ ...up, problem: none }), peers: peers.map((peer) => member(peer, 'up')) };
    case 'crypto.accept':
      return is({ phase: 'up' });
    case 'crypto.unlock':
      return is({ phase: 'up', attempts: 0, different: 1 });
    case 'crypto.others':
      return is({ phase: 'checking' });
    case 'crypto.change':
      return is({ problem: { code: command.text.length < 8 ? 'crypto.weak' : '' } });
    default:
      return {};
  }
}
