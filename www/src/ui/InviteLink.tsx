import { useRef, useState } from 'preact/hooks';
import { useCore } from '../core/context';
import { t } from '../i18n/t';
import { roomLink } from '../route';
import { Button } from './Button';
import { useCopy } from './hooks';
import { Notice } from './Notice';
import { Switch } from './Switch';

/** The link that invites to the room, to be read and copied; with its passphrase if the person wants that. */
export function InviteLink({ room, e2ee }: { room: string; e2ee: boolean }) {
  const core = useCore();
  const field = useRef<HTMLInputElement>(null);
  const [included, include] = useState(false);
  const [copied, copy] = useCopy('call.copyFailed');
  // Asked for each time: somebody may have changed it.
  const link = () => roomLink(room, { e2ee, passphrase: included ? core.passphrase() : '' });
  const take = async () => {
    if (!(await copy(link()))) field.current?.select();
  };
  return (
    <div class="invite">
      <div class="copy-link">
        <input
          ref={field}
          readOnly
          dir="ltr"
          value={link()}
          aria-label={t('call.link')}
          onFocus={(event) => event.currentTarget.select()}
        />
        <Button kind="primary" small icon={copied ? 'check' : 'copy'} onClick={() => void take()}>
          {t(copied ? 'call.copied' : 'call.copy')}
        </Button>
      </div>
      {e2ee && core.passphrase() && <Switch label={t('invite.include')} on={included} onChange={include} />}
      {included && <Notice title={t('invite.warning')} />}
    </div>
  );
}
