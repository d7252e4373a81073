import type { Me } from '../core/api.gen';
import { useCore } from '../core/context';
import { t, type MsgKey } from '../i18n/t';
import { Avatar } from '../ui/Avatar';
import { InputButton } from '../ui/InputButton';
import { Spinner } from '../ui/Icon';
import { Video } from '../ui/Video';

const states: Readonly<Record<string, MsgKey>> = {
  starting: 'prejoin.camStarting',
  denied: 'prejoin.camBlocked',
  deniedSystem: 'prejoin.camBlocked',
  notFound: 'prejoin.camNone',
  busy: 'prejoin.camBusy',
  insecure: 'prejoin.camBlocked',
  failed: 'prejoin.camFailed',
};

/** My camera as in a mirror, with the two switches over it. */
export function Preview({ me, loading }: { me: Me; loading: boolean }) {
  const core = useCore();
  const stream = me.cam.live ? core.stream('me/cam') : null;
  const text = !loading && !me.cam.on ? 'prejoin.camOff' : (states[loading ? 'starting' : me.cam.state] ?? 'prejoin.camOff');
  return (
    <section class="preview" aria-label={t('prejoin.preview')}>
      {stream ? (
        <Video stream={stream} mirrored />
      ) : (
        <div class="preview-empty">
          {text === 'prejoin.camStarting' ? <Spinner /> : me.name && <Avatar name={me.name} seed={me.name} />}
          <p role="status">{t(text)}</p>
        </div>
      )}
      <div class="preview-buttons">
        <InputButton which="mic" input={me.mic} disabled={loading} />
        <InputButton which="cam" input={me.cam} disabled={loading} />
      </div>
    </section>
  );
}
