import { useEffect, useRef, useState } from 'preact/hooks';
import type { Auth } from '../core/api.gen';
import { useCore } from '../core/context';
import { errorText, t } from '../i18n/t';
import { Button } from '../ui/Button';
import { Field, PasswordField } from '../ui/Field';
import { useCountdown } from '../ui/hooks';

/** Account name and password of a host. opens: signing in then opens the room that I wait for. */
export function SignInForm({ auth, opens = false }: { auth: Auth; opens?: boolean }) {
  const core = useCore();
  const password = useRef<HTMLInputElement>(null);
  const [name, setName] = useState('');
  const [secret, setSecret] = useState('');
  const wait = useCountdown(auth.problem);
  const [sent, send] = useState(false);
  const opening = opens && sent && auth.name !== '' && !auth.problem.code;
  const busy = auth.busy || opening;
  useEffect(() => {
    if (auth.problem.code) password.current?.focus();
  }, [auth.problem]);

  const submit = (event: Event) => {
    event.preventDefault();
    if (busy || wait > 0 || !name || !secret) return;
    send(true);
    void core.dispatch({ t: 'auth.signin', name: name.trim(), secret });
  };
  const error = auth.problem.code ? errorText(auth.problem) : undefined;
  return (
    <form onSubmit={submit} class="stack" noValidate>
      <Field
        label={t('signin.name')}
        name="username"
        autocomplete="username"
        plain
        autofocus
        value={name}
        onInput={setName}
      />
      <PasswordField
        label={t('signin.password')}
        name="password"
        autocomplete="current-password"
        value={secret}
        input={password}
        error={error}
        onInput={setSecret}
      />
      <Button kind="primary" type="submit" busy={busy}>
        {opening ? t('waiting.opening') : busy ? t('signin.busy') : t('signin.submit')}
      </Button>
      {wait > 0 && <p class="field-help">{t('app.waitSeconds', { count: wait })}</p>}
    </form>
  );
}
