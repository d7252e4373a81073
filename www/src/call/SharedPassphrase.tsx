import type { RefObject } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import type { Problem } from '../core/api.gen';
import { useCore } from '../core/context';
import { errorText, t } from '../i18n/t';
import { Button } from '../ui/Button';
import { Field } from '../ui/Field';
import { CopyPassphrase, ShowPassphrase } from '../ui/PassphraseButtons';
import { StrengthMeter } from '../ui/StrengthMeter';
import { PassphraseEntry } from './PassphraseEntry';

/** Reasons why it was not changed that have nothing to do with the new one. */
const notNow: readonly string[] = ['crypto.paused', 'internal'];

/** Notes that say that it is another one. */
const changed: readonly string[] = ['crypto.changed', 'crypto.changedWeak', 'crypto.changedMine'];

/** The meeting's passphrase, to be read and copied by those who have it, and changed for everybody by those who may. */
export function SharedPassphrase({ problem, canChange }: { problem: Problem; canChange: boolean }) {
  const core = useCore();
  const [typing, type] = useState(false);
  const [changes, count] = useState(0);
  const field = useRef<HTMLInputElement>(null);
  // The passphrase is not in the snapshot: that it is another one comes as a note.
  useEffect(
    () =>
      core.on(({ key }) => {
        if (!changed.includes(key)) return;
        type(false);
        count((n) => n + 1);
      }),
    [core],
  );
  // The button that changed it is gone, and the focus with it.
  useEffect(() => {
    if (changes > 0 && document.activeElement === document.body) field.current?.focus();
  }, [changes]);
  if (typing) return <NewPassphrase problem={problem} />;
  return (
    <section class="stack">
      <Phrase text={core.passphrase()} input={field} />
      <Weakness text={core.passphrase()} />
      {changes > 0 && <p role="status">{t('security.changed')}</p>}
      {canChange && <Button onClick={() => type(true)}>{t('security.change')}</Button>}
    </section>
  );
}

/** Where another passphrase for everybody is chosen. It is in force when the core says so. */
function NewPassphrase({ problem }: { problem: Problem }) {
  const core = useCore();
  const [sent, send] = useState(false);
  const give = (text: string) => {
    send(true);
    void core.dispatch({ t: 'crypto.change', text });
  };
  return (
    <section class="stack">
      <h3>{t('security.change')}</h3>
      <p>{t('security.changeText')}</p>
      <PassphraseEntry
        problem={problem}
        choosing
        autofocus
        label={t('security.newPassphrase')}
        action={t('security.changeDo')}
        busy={sent && !problem.code}
        onGive={give}
      />
      {sent && notNow.includes(problem.code) && (
        <p class="field-error" role="alert">
          {errorText(problem)}
        </p>
      )}
    </section>
  );
}

/** How easily it is guessed, if that is easy: those of others are taken whatever they are. */
function Weakness({ text }: { text: string }) {
  const id = useId();
  const strength = useCore().passphraseStrength(text);
  return text && strength?.weak ? <StrengthMeter id={id} of="passphrase" loading={false} strength={strength} /> : null;
}

function Phrase({ text, input }: { text: string; input: RefObject<HTMLInputElement | null> }) {
  const [shown, show] = useState(false);
  return (
    // Browsers expect such a field in a form; there is nothing to send.
    <form onSubmit={(event) => event.preventDefault()}>
      <Field
        label={t('passphrase.label')}
        type={shown ? 'text' : 'password'}
        autocomplete="new-password" // browsers are to keep it as little as any other passphrase
        value={text}
        input={input}
        readonly
        help={t('security.passOn')}
      >
        <CopyPassphrase text={text} onFail={() => show(true)} />
        <ShowPassphrase shown={shown} onShow={show} />
      </Field>
    </form>
  );
}
