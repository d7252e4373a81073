import { useState } from 'preact/hooks';
import type { Auth } from '../core/api.gen';
import { useCore } from '../core/context';
import { errorText, t } from '../i18n/t';
import { Button } from '../ui/Button';
import { Field, PasswordField } from '../ui/Field';
import { useCountdown } from '../ui/hooks';
import { Plain } from './Plain';

interface Props {
  auth: Auth;
  /** From the link; "" when it was not whole. */
  token: string;
  onHome: () => void;
}

/** A one-time link was opened: the new host chooses a password, and the first host of all a name too. */
export function Enrol({ auth, token, onHome }: Props) {
  if (auth.enrolled) {
    return (
      <Plain title={t('enrol.done')} text={auth.name && t('signin.doneText', { name: auth.name })}>
        <Button kind="primary" onClick={onHome}>
          {t('enrol.start')}
        </Button>
      </Plain>
    );
  }
  if (!token) {
    return (
      <Plain title={t('enrol.title')} text={t('enrol.noToken')}>
        <Button onClick={onHome}>{t('app.home')}</Button>
      </Plain>
    );
  }
  return (
    <Plain title={t('enrol.title')} text={t('enrol.text')}>
      <EnrolForm auth={auth} token={token} />
    </Plain>
  );
}

const ofName = new Set(['auth.name', 'auth.taken']);

function EnrolForm({ auth, token }: { auth: Auth; token: string }) {
  const core = useCore();
  const [name, setName] = useState('');
  const [secret, setSecret] = useState('');
  const [again, setAgain] = useState('');
  const [differ, setDiffer] = useState(false);
  const wait = useCountdown(auth.problem);
  const code = auth.problem.code;
  const error = code ? errorText(auth.problem) : undefined;

  const submit = (event: Event) => {
    event.preventDefault();
    if (auth.busy || wait > 0) return;
    setDiffer(secret !== again);
    if (secret !== again) return;
    void core.dispatch({ t: 'auth.enrol', token, name: name.trim(), secret });
  };
  return (
    <form onSubmit={submit} class="stack plain-form" noValidate>
      <Field
        label={t('signin.name')}
        name="username"
        autocomplete="username"
        plain
        autofocus
        value={name}
        help={t('enrol.nameHelp')}
        error={ofName.has(code) ? error : undefined}
        onInput={setName}
      />
      <PasswordField
        label={t('signin.password')}
        name="password"
        autocomplete="new-password"
        value={secret}
        help={t('enrol.passwordHelp')}
        error={ofName.has(code) ? undefined : error}
        onInput={setSecret}
      />
      <PasswordField
        label={t('enrol.repeat')}
        name="password-again"
        autocomplete="new-password"
        value={again}
        error={differ && secret !== again ? t('enrol.differ') : undefined}
        onInput={setAgain}
      />
      <Button kind="primary" type="submit" busy={auth.busy}>
        {t(auth.busy ? 'enrol.busy' : 'enrol.submit')}
      </Button>
      {wait > 0 && <p class="field-help">{t('app.waitSeconds', { count: wait })}</p>}
    </form>
  );
}
