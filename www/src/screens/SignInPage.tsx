import type { Auth } from '../core/api.gen';
import { useCore } from '../core/context';
import { t } from '../i18n/t';
import { Button } from '../ui/Button';
import { Plain } from './Plain';
import { SignInForm } from './SignInForm';

/** The host's own page: sign in, or see who is signed in and sign out. */
export function SignInPage({ auth, onHome }: { auth: Auth; onHome: () => void }) {
  const core = useCore();
  if (auth.name) {
    return (
      <Plain title={t('signin.done')} text={t('signin.doneText', { name: auth.name })}>
        <div class="row">
          <Button kind="primary" onClick={onHome}>
            {t('enrol.start')}
          </Button>
          <Button onClick={() => void core.dispatch({ t: 'auth.signout' })}>{t('signin.out')}</Button>
        </div>
      </Plain>
    );
  }
  return (
    <Plain title={t('signin.title')} text={t('signin.text')}>
      <div class="plain-form">
        <SignInForm auth={auth} />
      </div>
      <Button kind="text" onClick={onHome}>
        {t('app.back')}
      </Button>
    </Plain>
  );
}
