// How the meeting's end-to-end encryption is, as people are told it (ui.md, 1.12): pure, from the core's snapshot.
import type { Crypto, Peer } from '../core/api.gen';
import type { MsgKey } from '../i18n/t';

export type Safety =
  | 'off' // the room is not encrypted
  | 'asking' // my passphrase is missing
  | 'starting'
  | 'alone'
  | 'checking' // nobody has shown yet that they have my passphrase
  | 'same'
  | 'newcomer' // as same, but somebody new has not shown it yet
  | 'different' // somebody has another passphrase
  | 'differ' // participants do not see the same people, and I go on
  | 'mismatch' // it is mine that is another
  | 'locked'
  | 'split'; // as differ, and nothing is sent until I say so

export type Tone = 'plain' | 'ok' | 'warn' | 'bad';

/** How much each is to be noticed. */
export const toneOf: Readonly<Record<Safety, Tone>> = {
  off: 'plain',
  asking: 'warn',
  starting: 'plain',
  alone: 'ok',
  checking: 'plain',
  same: 'ok',
  newcomer: 'ok',
  different: 'warn',
  differ: 'warn',
  mismatch: 'bad',
  locked: 'warn',
  split: 'bad',
};

/** How a member can be who is not in the meeting. */
type Outside = Exclude<Peer['crypto'], '' | 'up' | 'reconnecting'>;

/** Whether a member is in the meeting: of those who are not, nobody sees, hears or reads anything. */
export const isIn = ({ crypto }: Peer): boolean => crypto === '' || crypto === 'up' || crypto === 'reconnecting';

/** The state of the whole meeting. me is my index. */
export function safetyOf(crypto: Crypto, me: number, peers: readonly Peer[]): Safety {
  switch (crypto.phase) {
    case 'passphrase':
      return 'asking';
    case 'alone':
      if (crypto.different === 0) return 'alone';
      // Nobody here has my passphrase. Whoever came last is likely to be wrong.
      return peers.some((peer) => peer.crypto === 'different' && peer.index < me) ? 'mismatch' : 'different';
    case 'up':
      if (crypto.agreement === 'differ') return 'differ';
      if (crypto.different > 0) return 'different';
      return crypto.agreement === 'updating' || !peers.every(isIn) ? 'newcomer' : 'same';
    default:
      return crypto.phase;
  }
}

/** Whether another passphrase can be tried: not once somebody has shown that they have mine. */
export const canRetry = ({ phase, different }: Crypto): boolean =>
  phase === 'passphrase' || phase === 'mismatch' || phase === 'checking' || (phase === 'alone' && different > 0);

/** Why a member is not in. me is my index: whoever came before me waits for my passphrase, whoever came later for its own. */
export const whyOutside = ({ crypto, index }: Peer, me: number): MsgKey =>
  crypto === 'waiting' && index < me ? 'tile.closed' : `tile.${crypto as Outside}`;

/** A peer as it is shown: of one who is not in, what the server says of sound and pictures is no news. */
export const asSeen = (peer: Peer): Peer =>
  isIn(peer) ? peer : { ...peer, mic: true, speaks: false, hand: 0, away: false, cam: { on: false }, screen: { on: false } };
