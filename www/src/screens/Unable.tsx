import { t } from '../i18n/t';
import { Button } from '../ui/Button';
import { Plain } from './Plain';

/** The room is encrypted, and this browser cannot do that: nobody is asked for camera and microphone. */
export function Unable({ onHome }: { onHome: () => void }) {
  return (
    <Plain title={t('unable.title')} text={t('unable.text')}>
      <Button kind="primary" onClick={onHome}>
        {t('waiting.leave')}
      </Button>
    </Plain>
  );
}
