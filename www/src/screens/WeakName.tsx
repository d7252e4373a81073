import { useState } from 'preact/hooks';
import { useCore } from '../core/context';
import { t } from '../i18n/t';
import { Button } from '../ui/Button';
import { Notice } from '../ui/Notice';

/** Warns whoever chose an easy name, and offers a better one for one click. */
export function WeakName({ onUse }: { onUse: (room: string) => void }) {
  const core = useCore();
  const [better] = useState(() => core.suggest());
  return (
    <Notice title={t('prejoin.weak')}>
      {better && (
        <>
          <p>{t('prejoin.weakHelp')}</p>
          <Button kind="text" onClick={() => onUse(better)}>
            <bdi dir="ltr">{t('prejoin.weakUse', { name: better })}</bdi>
          </Button>
        </>
      )}
    </Notice>
  );
}
