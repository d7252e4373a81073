import { useCore } from '../core/context';
import { t } from '../i18n/t';
import { Button } from '../ui/Button';
import { Notice } from '../ui/Notice';

/** The core's program did not arrive; the page stays usable and can try again. */
export function EngineMissing() {
  const core = useCore();
  return (
    <div class="engine-missing">
      <Notice title={t('engine.missing')}>
        <p>{t('engine.missingText')}</p>
        <Button kind="text" onClick={() => core.retry()}>
          {t('engine.retry')}
        </Button>
      </Notice>
    </div>
  );
}
