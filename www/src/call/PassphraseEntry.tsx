import { useEffect, useRef, useState } from 'preact/hooks';
import type { Problem } from '../core/api.gen';
import { useCore } from '../core/context';
import { Button } from '../ui/Button';
import { isWriting } from '../ui/hooks';
import { PassphraseField } from '../ui/PassphraseField';

const none: Problem = { code: '' };

interface Props {
  problem: Problem;
  /** What pressing the button does. */
  action: string;
  /** For whoever chooses a passphrase for everybody; the others type theirs, or type it again. */
  choosing?: boolean;
  label?: string;
  /** What was given last is being tried. */
  busy?: boolean;
  /** Takes the focus when it appears, but not from where somebody writes. */
  autofocus?: boolean;
  onGive: (text: string) => void;
}

/** A passphrase and what to do with it. One that was refused stays, so that people can look for the slip. */
export function PassphraseEntry({ problem, action, choosing = false, label, busy = false, autofocus = false, onGive }: Props) {
  const core = useCore();
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(() => (choosing ? '' : core.passphrase()));
  const [given, set] = useState<string | null>(null);
  useEffect(() => {
    if (autofocus && !isWriting()) input.current?.focus();
  }, []);
  const give = (event: Event) => {
    event.preventDefault();
    if (busy) return;
    set(text);
    onGive(text);
  };
  return (
    <form class="passphrase-entry" onSubmit={give} noValidate>
      <PassphraseField
        value={text}
        input={input}
        choosing={choosing}
        {...(label && { label })}
        // What the core says is about what it was given last.
        problem={given === text ? problem : none}
        onInput={setText}
      />
      <Button kind="primary" type="submit" busy={busy}>
        {action}
      </Button>
    </form>
  );
}
