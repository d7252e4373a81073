import { useEffect, useRef, useState } from 'preact/hooks';
import { say } from '../a11y/announce';
import { t } from '../i18n/t';
import { Button } from '../ui/Button';
import { copy } from '../ui/clipboard';

const thanks = 2000; // how long "Copied" stands, ms

/** The meeting's link, to be read and copied. */
export function CopyLink({ link }: { link: string }) {
  const field = useRef<HTMLInputElement>(null);
  const [copied, set] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => set(false), thanks);
    return () => clearTimeout(timer);
  }, [copied]);
  const take = async () => {
    const done = await copy(link);
    set(done);
    if (!done) field.current?.select();
    say(t(done ? 'call.copied' : 'call.copyFailed'));
  };
  return (
    <div class="copy-link">
      <input
        ref={field}
        readOnly
        dir="ltr"
        value={link}
        aria-label={t('call.link')}
        onFocus={(event) => event.currentTarget.select()}
      />
      <Button kind="primary" small icon={copied ? 'check' : 'copy'} onClick={() => void take()}>
        {t(copied ? 'call.copied' : 'call.copy')}
      </Button>
    </div>
  );
}
