import { t } from '../i18n/t';
import { roomLink } from '../route';
import { CopyLink } from './CopyLink';

/** Nobody else is here: the link to send. */
export function Alone({ room }: { room: string }) {
  return (
    <section class="alone">
      <h2>{t('call.alone')}</h2>
      <p>{t('call.aloneText')}</p>
      <CopyLink link={roomLink(room)} />
    </section>
  );
}
