import type { ComponentChildren, RefObject } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { t } from '../i18n/t';
import { IconButton } from './IconButton';
import { Icon } from './Icon';

interface Props {
  label: string;
  value: string;
  /** Not called where the field is readonly. */
  onInput?: (value: string) => void;
  readonly?: boolean;
  type?: 'text' | 'password';
  name?: string;
  autocomplete?: string;
  error?: string | undefined;
  help?: string;
  /** In code points. */
  maxLength?: number;
  /** Takes the focus when it appears. */
  autofocus?: boolean;
  input?: RefObject<HTMLInputElement | null>;
  /** Inside the field, at its end. */
  children?: ComponentChildren;
  /** Id of more text that describes the field. */
  describedBy?: string;
  /** Names of rooms and accounts: no capital letters and no corrections by the keyboard. */
  plain?: boolean;
}

/** A labelled line of text with its help and its error. */
export function Field(p: Props) {
  const id = useId();
  const own = useRef<HTMLInputElement>(null);
  const input = p.input ?? own;
  useEffect(() => {
    if (p.autofocus) input.current?.focus();
  }, []);
  const described = [p.error && `${id}-error`, p.help && `${id}-help`, p.describedBy].filter(Boolean).join(' ');
  return (
    <div class="field">
      <label for={id}>{p.label}</label>
      <div class="field-box">
        <input
          id={id}
          ref={input}
          type={(p.type ?? 'text') as 'text' /* the types know one kind per tag */}
          name={p.name}
          value={p.value}
          readOnly={p.readonly}
          dir="auto"
          autocomplete={p.autocomplete ?? 'off'}
          autocapitalize={p.plain ? 'none' : undefined}
          spellcheck={false}
          aria-invalid={p.error ? true : undefined}
          aria-describedby={described || undefined}
          onInput={(event) => p.onInput?.(cut(event.currentTarget.value, p.maxLength))}
        />
        {p.children}
      </div>
      {p.help && (
        <p class="field-help" id={`${id}-help`}>
          {p.help}
        </p>
      )}
      {p.error && (
        <p class="field-error" id={`${id}-error`} role="alert">
          <Icon name="warning" />
          <span>{p.error}</span>
        </p>
      )}
    </div>
  );
}

/** A password that can be shown. */
export function PasswordField(p: Omit<Props, 'type' | 'children'>) {
  const [shown, show] = useState(false);
  return (
    <Field {...p} plain type={shown ? 'text' : 'password'}>
      <IconButton
        kind="plain"
        icon={shown ? 'hide' : 'show'}
        label={t(shown ? 'signin.hide' : 'signin.show')}
        onClick={() => show(!shown)}
      />
    </Field>
  );
}

/** The first max code points of text; maxlength counts UTF-16 units and would cut emoji in half. */
function cut(text: string, max: number | undefined): string {
  return max === undefined || text.length <= max ? text : [...text].slice(0, max).join('');
}
