import { useState } from 'preact/hooks';
import { t } from '../i18n/t';
import { Button } from '../ui/Button';
import { copy } from '../ui/clipboard';
import { Plain } from './Plain';

/** The core is gone. Everything it held is stopped; only loading the page again helps. */
export function Crash({ details }: { details: string }) {
  const [copied, setCopied] = useState(false);
  const report = `${details}\n${navigator.userAgent}`;
  return (
    <Plain title={t('engine.crashed')} text={t('engine.crashedText')}>
      <div class="row">
        <Button kind="primary" onClick={() => location.reload()}>
          {t('engine.reload')}
        </Button>
        <Button onClick={() => void copy(report).then(setCopied)}>{t(copied ? 'call.copied' : 'engine.copy')}</Button>
      </div>
    </Plain>
  );
}
