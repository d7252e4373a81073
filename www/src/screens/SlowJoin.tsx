import { useEffect, useState } from 'preact/hooks';
import { t } from '../i18n/t';
import { Button } from '../ui/Button';
import { Notice } from '../ui/Notice';

/** Joining takes well under a second; after this something is in the way. ms */
const slow = 4000;

/** Joining goes on without success: says so, and offers to give up. Shown only while joining. */
export function SlowJoin({ onCancel }: { onCancel: () => void }) {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), slow);
    return () => clearTimeout(timer);
  }, []);
  if (!late) return null;
  return (
    <Notice title={t('error.net.ws')}>
      <p>{t('prejoin.slow')}</p>
      <Button kind="text" onClick={onCancel}>
        {t('app.cancel')}
      </Button>
    </Notice>
  );
}
