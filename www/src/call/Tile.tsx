import type { ComponentChildren } from 'preact';
import type { Me, Peer, Picture } from '../core/api.gen';
import { useCore } from '../core/context';
import { t } from '../i18n/t';
import { isOn } from '../media/input';
import type { Box } from '../media/layout';
import { Avatar } from '../ui/Avatar';
import { Icon } from '../ui/Icon';
import { Video } from '../ui/Video';

interface Place {
  box: Box;
  /** Text runs from right to left: x then counts from the right. */
  rtl: boolean;
}

/** My own picture, as in a mirror. */
export function MyTile({ me, box, rtl }: { me: Me } & Place) {
  const core = useCore();
  const stream = me.cam.live ? core.stream('me/cam') : null;
  const mic = isOn(me.mic);
  const facts = [!mic && t('call.tileMuted'), me.hand > 0 && t('call.tileHand')];
  return (
    <Frame
      box={box}
      rtl={rtl}
      member="me"
      label={[t('call.tileYou', { name: me.name }), ...facts].filter(Boolean).join(', ')}
      speaks={me.speaks && mic}
      hand={me.hand > 0}
    >
      {stream ? <Video stream={stream} mirrored box={box} /> : null}
      <Avatar name={me.name} seed={me.name} />
      <Chip name={t('call.you')} mic={mic} speaks={me.speaks && mic} host={me.role === 'host'} />
    </Frame>
  );
}

/** Somebody else's picture. */
export function PeerTile({ peer, box, rtl }: { peer: Peer } & Place) {
  const core = useCore();
  const stream = peer.cam.on && peer.cam.stream ? core.stream(peer.cam.stream) : null;
  const paused = isPaused(peer.cam);
  const connecting = peer.cam.on && !stream && !paused;
  return (
    <Frame
      box={box}
      rtl={rtl}
      member={peer.index}
      label={peerLabel(peer)}
      speaks={peer.speaks}
      hand={peer.hand > 0}
      away={peer.away}
      paused={paused}
      connecting={connecting}
    >
      {stream ? <Video stream={stream} box={box} /> : null}
      <Avatar name={peer.name} seed={peer.name} />
      {(peer.away || paused) && <p class="tile-note">{t(peer.away ? 'call.away' : 'call.paused')}</p>}
      <Chip name={peer.name} mic={peer.mic} speaks={peer.speaks} host={peer.role === 'host'} />
    </Frame>
  );
}

/** Whether a picture is left out for want of bandwidth. What was seen last may still stand there: never without a word. */
const isPaused = (picture: Picture) => picture.on && picture.why === 'bandwidth';

/** A shared screen: always whole, never mirrored. */
export function ScreenTile({ peer, box, rtl }: { peer: Peer } & Place) {
  const core = useCore();
  const stream = peer.screen.stream ? core.stream(peer.screen.stream) : null;
  const name = t('call.screenOf', { name: peer.name });
  const paused = isPaused(peer.screen);
  return (
    <div
      class={`tile screen ${paused ? 'paused' : ''}`}
      role="group"
      aria-label={paused ? `${name}, ${t('call.tilePaused')}` : name}
      data-screen={peer.index}
      style={place(box, rtl)}
    >
      {stream && <Video stream={stream} whole />}
      {paused && <p class="tile-note">{t('call.paused')}</p>}
      <p class="chip">
        <bdi dir="auto">{name}</bdi>
      </p>
    </div>
  );
}

interface FrameProps extends Place {
  member: number | 'me';
  label: string;
  speaks: boolean;
  hand: boolean;
  away?: boolean;
  paused?: boolean;
  connecting?: boolean;
  children: ComponentChildren;
}

function Frame({ box, rtl, member, label, children, ...is }: FrameProps) {
  const states = (['speaks', 'hand', 'away', 'paused', 'connecting'] as const).filter((state) => is[state]);
  return (
    <div
      class={`tile ${states.join(' ')}`}
      role="group"
      aria-roledescription={t('call.tileKind')}
      aria-label={label}
      data-member={member}
      style={place(box, rtl)}
    >
      {children}
      {is.hand && (
        <span class="hand-mark" aria-hidden="true">
          <Icon name="hand" />
        </span>
      )}
    </div>
  );
}

/** What is always legible: the name, whether the microphone is off, who speaks, who is a host. */
function Chip({ name, mic, speaks, host }: { name: string; mic: boolean; speaks: boolean; host: boolean }) {
  return (
    <p class="chip">
      {!mic && <Icon name="micOff" />}
      {mic && speaks && (
        <span class="bars" aria-hidden="true">
          <i />
          <i />
          <i />
        </span>
      )}
      <bdi dir="auto" data-name>
        {name}
      </bdi>
      {host && <Icon name="host" />}
    </p>
  );
}

function peerLabel(peer: Peer): string {
  return [
    peer.name,
    peer.role === 'host' && t('call.tileHost'),
    peer.role === 'moderator' && t('call.tileModerator'),
    !peer.mic && t('call.tileMuted'),
    peer.hand > 0 && t('call.tileHand'),
    peer.away && t('call.tileAway'),
    isPaused(peer.cam) && t('call.tilePaused'),
  ]
    .filter(Boolean)
    .join(', ');
}

/** A tile's place as custom properties: base for a CSS transform, so that tiles glide and videos are never moved in the DOM. */
function place(box: Box, rtl: boolean) {
  return { '--x': `${rtl ? -box.x : box.x}px`, '--y': `${box.y}px`, '--w': `${box.w}px`, '--h': `${box.h}px` };
}
