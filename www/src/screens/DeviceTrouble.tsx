import type { Input } from '../core/api.gen';
import { useCore } from '../core/context';
import { t } from '../i18n/t';
import { Button } from '../ui/Button';
import { Notice } from '../ui/Notice';
import { troubleOf } from './trouble';

/** Says why camera or microphone cannot be had, and what helps. Nothing when both can, or were switched off on purpose. */
export function DeviceTrouble({ mic, cam }: { mic: Input; cam: Input }) {
  const core = useCore();
  const trouble = troubleOf(mic, cam);
  if (!trouble) return null;
  const retry = () => void core.dispatch({ t: 'devices.retry' });
  return (
    <Notice title={t(trouble.title)}>
      <p>{t(trouble.help)}</p>
      {trouble.retry && (
        <Button kind="text" onClick={retry}>
          {t('app.tryAgain')}
        </Button>
      )}
    </Notice>
  );
}
