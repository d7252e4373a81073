import { useState } from 'preact/hooks';
import type { View } from '../core/api.gen';
import { useCore } from '../core/context';
import { t } from '../i18n/t';
import { Button } from '../ui/Button';
import { Dialog } from '../ui/Dialog';
import { useFocusOnce } from '../ui/hooks';
import { Shell } from './Shell';
import { useInputShortcuts } from './shortcuts';
import { SignInForm } from './SignInForm';

/** The room is not open yet. It opens by itself when a host comes, or at once when I am one. */
export function Waiting({ view }: { view: View }) {
  const core = useCore();
  const [signing, sign] = useState(false);
  const heading = useFocusOnce<HTMLHeadingElement>();
  useInputShortcuts(view.me);
  const host = () => {
    if (!view.auth.name) return sign(true);
    // Signed in already, say in another tab: entering again opens the room.
    void core.dispatch({ t: 'room.open', name: view.room.name });
    void core.dispatch({ t: 'join', name: view.me.name });
  };
  return (
    <Shell me={view.me} room={view.room.name} loading={false}>
      <h1 ref={heading} tabIndex={-1}>
        {t('waiting.title')}
      </h1>
      <p class="lead" role="status">
        {t('waiting.text')}
      </p>
      <div class="stack">
        <Button kind="primary" icon="login" onClick={host}>
          {t('waiting.host')}
        </Button>
        <Button onClick={() => void core.dispatch({ t: 'leave' })}>{t('waiting.leave')}</Button>
      </div>
      {signing && (
        <Dialog title={t('signin.title')} onClose={() => sign(false)}>
          <SignInForm auth={view.auth} opens />
        </Dialog>
      )}
    </Shell>
  );
}
