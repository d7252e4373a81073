import { t } from '../i18n/t';
import { InviteLink } from '../ui/InviteLink';

/** Nobody else is here: the link to send. */
export function Alone({ room, e2ee }: { room: string; e2ee: boolean }) {
  return (
    <section class="alone">
      <h2>{t('call.alone')}</h2>
      <p>{t(e2ee ? 'call.aloneTextEncrypted' : 'call.aloneText')}</p>
      <InviteLink room={room} e2ee={e2ee} />
    </section>
  );
}
