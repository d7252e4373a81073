import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Problem, View } from '../core/api.gen';
import { useCore } from '../core/context';

/** The passphrase while it is typed, before the meeting. */
export interface Typing {
  text: string;
  type: (text: string) => void;
  /** It stands in the link, or was given before. */
  known: boolean;
  input: RefObject<HTMLInputElement | null>;
  /** What the core said of it; nothing while another one is typed. */
  problem: Problem;
  /** Gives it to the core, and says whether that takes it. */
  give: () => Promise<boolean>;
  /** Gives it to the core if there is nothing to say against it: what it takes to encrypt is then loaded before it is needed. */
  hand: () => void;
}

const none = { code: '' };

/** suggests: one is suggested to whoever makes the room. */
export function usePassphrase({ crypto }: View, suggests: boolean): Typing {
  const core = useCore();
  const input = useRef<HTMLInputElement>(null);
  const [typed, type] = useState<string | null>(null);
  const [given, setGiven] = useState('');
  const gone = useRef(false);
  const ready = core.engine().phase === 'ready';
  useLayoutEffect(() => () => void (gone.current = true), []); // before the page changes
  useEffect(() => {
    if (!suggests || !ready || typed !== null || core.passphrase()) return;
    const text = core.suggestPassphrase() ?? '';
    type(text);
    void tell(text);
  }, [suggests, ready]);

  const tell = (text: string) => {
    setGiven(text);
    return core.dispatch({ t: 'crypto.passphrase', text });
  };
  // The core takes whatever is not weak. It forgets it for another room.
  const strong = (text: string) => core.passphraseStrength(text)?.weak === false;
  const give = async (): Promise<boolean> => {
    if (typed === null) return true; // it has the one of the link; or none, and will say so
    if (typed !== given || !core.passphrase()) await tell(typed);
    return strong(typed);
  };
  return {
    text: typed ?? core.passphrase(),
    type,
    known: typed === null && core.passphrase() !== '',
    input,
    problem: typed === null || typed === given ? crypto.problem : none,
    give,
    // A field that is taken away loses the focus too: the core may already be about another room.
    hand: () => void (!gone.current && typed !== null && strong(typed) && give()),
  };
}
