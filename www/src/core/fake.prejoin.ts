// Made-up states of encryption before the meeting, for fake.ts.
import type { Command, Crypto, View } from './api.gen';
import { emptyView } from './core';

const off = emptyView('').crypto;

/**
 * Before the meeting: "able" when the browser can, "unable" when it cannot, "e2ee" for a link without the passphrase,
 * "e2eeUnable" for one in a browser that cannot, "known" for a link with it; or what is wrong, "crypto.weak",
 * "e2ee.required".
 */
export function cryptoAs(detail: string): Crypto {
  const able = /unable$/i.test(detail) ? 'no' : 'yes';
  if (detail === 'known') return { ...off, on: true, able, phase: 'starting' };
  const on = /^e2ee|^crypto\./.test(detail);
  const problem = { code: detail.includes('.') ? detail : '' };
  return { ...off, on, able, phase: !on ? 'off' : detail === 'crypto.load' ? 'starting' : 'passphrase', problem: on ? problem : off.problem };
}

/** What a command changes before the meeting. */
export function answerPrejoin({ crypto }: View, command: Command): Partial<View> {
  switch (command.t) {
    case 'crypto.on':
      return { crypto: { ...crypto, on: true, phase: 'passphrase' } };
    case 'crypto.passphrase': {
      const code = command.text === '' ? 'crypto.empty' : command.text.length < 12 ? 'crypto.weak' : '';
      return { crypto: { ...crypto, phase: code ? crypto.phase : 'starting', problem: { code } } };
    }
    default:
      return {};
  }
}
