import type { RefObject } from 'preact';
import { useEffect, useId, useState } from 'preact/hooks';
import type { Problem } from '../core/api.gen';
import { useCore } from '../core/context';
import { errorText, t } from '../i18n/t';
import { Field } from './Field';
import { IconButton } from './IconButton';
import { CopyPassphrase, ShowPassphrase } from './PassphraseButtons';
import { StrengthMeter } from './StrengthMeter';

const ofText = new Set(['crypto.empty', 'crypto.control', 'crypto.long', 'crypto.weak', 'crypto.passphrase']);

/** Whether the passphrase itself is wrong: that is said at its field, anything else elsewhere. */
export const isOfText = ({ code }: Problem): boolean => ofText.has(code);

interface Props {
  value: string;
  onInput: (text: string) => void;
  /** What the core said of what was given to it last. */
  problem: Problem;
  /** For whoever chooses the passphrase: it is shown and judged, and can be suggested and copied. The others type theirs. */
  choosing?: boolean;
  /** It cannot be another one now. */
  readonly?: boolean;
  label?: string;
  help?: string;
  input?: RefObject<HTMLInputElement | null>;
}

/** The passphrase of an encrypted room. */
export function PassphraseField({ value, onInput, problem, choosing = false, readonly = false, label, help, input }: Props) {
  const core = useCore();
  const meter = useId();
  const [shown, show] = useState(choosing);
  const loading = core.engine().phase === 'loading';
  const strength = choosing && value ? core.passphraseStrength(value) : null;
  const bad = isOfText(problem);
  useEffect(() => {
    if (bad) input?.current?.focus();
  }, [problem]);
  const suggest = () => {
    onInput(core.suggestPassphrase() ?? value);
    show(true);
  };
  return (
    <div class="passphrase">
      <Field
        label={label ?? t('passphrase.label')}
        type={shown ? 'text' : 'password'}
        autocomplete="new-password" // else it is filled with that of an account, or kept as one
        plain
        readonly={readonly}
        value={value}
        {...(input && { input })}
        {...(help && { help })}
        error={bad ? errorText(problem) : undefined}
        {...(choosing && { describedBy: meter })}
        onInput={onInput}
      >
        {choosing && (
          <IconButton id="suggest" kind="plain" icon="dice" label={t('passphrase.suggest')} disabled={readonly} onClick={suggest} />
        )}
        {choosing && value && <CopyPassphrase text={value} onFail={() => show(true)} />}
        <ShowPassphrase shown={shown} onShow={show} />
      </Field>
      {choosing && !bad && (
        <StrengthMeter id={meter} of="passphrase" loading={loading} strength={strength} />
      )}
    </div>
  );
}
