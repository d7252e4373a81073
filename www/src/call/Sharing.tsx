import { useCore } from '../core/context';
import { t } from '../i18n/t';
import { Button } from '../ui/Button';
import { Icon } from '../ui/Icon';

/** Reminds me that others see my screen. */
export function Sharing() {
  const core = useCore();
  return (
    <div class="sharing">
      <Icon name="share" />
      <span>{t('call.sharing')}</span>
      <Button kind="text" small onClick={() => void core.dispatch({ t: 'share', on: false })}>
        {t('call.stopSharing')}
      </Button>
    </div>
  );
}
