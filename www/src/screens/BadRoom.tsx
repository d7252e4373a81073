import type { Problem } from '../core/api.gen';
import { errorText, t } from '../i18n/t';
import { Button } from '../ui/Button';
import { Plain } from './Plain';

/** The address names no room. */
export function BadRoom({ problem = { code: 'room.name' }, onHome }: { problem?: Problem; onHome: () => void }) {
  return (
    <Plain title={t('end.badRoom')} text={errorText(problem)}>
      <Button kind="primary" onClick={onHome}>
        {t('app.home')}
      </Button>
    </Plain>
  );
}
