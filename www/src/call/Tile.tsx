import type { ComponentChildren } from 'preact';
import type { Me, Peer, Picture } from '../core/api.gen';
import { useCore } from '../core/context';
import { t } from '../i18n/t';
import { isOn } from '../media/input';
import type { Box } from '../media/layout';
import { Avatar } from '../ui/Avatar';
import { Icon } from '../ui/Icon';
import { nameOf } from '../ui/noteText';
import { Video } from '../ui/Video';
import { isIn, whyOutside } from './safety';

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

/** Somebody else's picture; or why there is none, of somebody who has not shown to have the passphrase. */
export function PeerTile(p: { peer: Peer; me: number } & Place) {
  return isIn(p.peer) ? <OpenTile {...p} /> : <LockedTile {...p} />;
}

function LockedTile({ peer, me, box, rtl }: { peer: Peer; me: number } & Place) {
  const why = t(whyOutside(peer, me));
  const name = peer.name || t('tile.somebody');
  return (
    <Frame box={box} rtl={rtl} member={peer.index} label={`${name}, ${why}`} crypto={peer.crypto}>
      <p class="tile-lock">
        <Icon name="lock" />
        <span>{why}</span>
      </p>
      {peer.name && (
        <p class="chip">
          <bdi dir="auto" data-name>
            {peer.name}
          </bdi>
        </p>
      )}
    </Frame>
  );
}

function OpenTile({ peer, box, rtl }: { peer: Peer } & Place) {
  const core = useCore();
  const stream = peer.cam.on && peer.cam.stream ? core.stream(peer.cam.stream) : null;
  const paused = isPaused(peer.cam);
  const connecting = peer.cam.on && !stream && !paused;
  const away = isAway(peer);
  return (
    <Frame
      box={box}
      rtl={rtl}
      member={peer.index}
      label={peerLabel(peer)}
      crypto={peer.crypto}
      speaks={peer.speaks}
      hand={peer.hand > 0}
      away={away}
      paused={paused}
      connecting={connecting}
    >
      {stream ? <Video stream={stream} box={box} /> : null}
      <Avatar name={nameOf(peer)} seed={peer.name} />
      {(away || paused) && (
        <p class="tile-note">
          {peer.crypto === 'reconnecting' && <Icon name="lock" />}
          {t(away ? 'call.away' : 'call.paused')}
        </p>
      )}
      <Chip name={nameOf(peer)} mic={peer.mic} speaks={peer.speaks} host={peer.role === 'host'} lock={peer.crypto === 'up'} />
    </Frame>
  );
}

/** Not there for a moment, by the server's word or because what it sends cannot be opened any more. */
const isAway = ({ away, crypto }: Peer): boolean => away || crypto === 'reconnecting';

/** Whether a picture is left out for want of bandwidth. What was seen last may still stand there: never without a word. */
const isPaused = (picture: Picture) => picture.on && picture.why === 'bandwidth';

/** A shared screen: always whole, never mirrored. */
export function ScreenTile({ peer, box, rtl }: { peer: Peer } & Place) {
  const core = useCore();
  const stream = peer.screen.stream ? core.stream(peer.screen.stream) : null;
  const name = t('call.screenOf', { name: nameOf(peer) });
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
  /** How the member is in an encrypted meeting. */
  crypto?: Peer['crypto'];
  speaks?: boolean;
  hand?: boolean;
  away?: boolean;
  paused?: boolean;
  connecting?: boolean;
  children: ComponentChildren;
}

function Frame({ box, rtl, member, label, crypto, children, ...is }: FrameProps) {
  const states = (['speaks', 'hand', 'away', 'paused', 'connecting'] as const).filter((state) => is[state]);
  return (
    <div
      class={`tile ${states.join(' ')}`}
      role="group"
      aria-roledescription={t('call.tileKind')}
      aria-label={label}
      data-member={member}
      data-crypto={crypto || undefined}
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

interface ChipProps {
  name: string;
  mic: boolean;
  speaks: boolean;
  host: boolean;
  lock?: boolean;
}

/** What is always legible: the name, whether the microphone is off, who speaks, who is a host, what is encrypted. */
function Chip({ name, mic, speaks, host, lock = false }: ChipProps) {
  return (
    <p class="chip">
      {lock && <Icon name="lock" />}
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
    nameOf(peer),
    peer.role === 'host' && t('call.tileHost'),
    peer.role === 'moderator' && t('call.tileModerator'),
    !peer.mic && t('call.tileMuted'),
    peer.hand > 0 && t('call.tileHand'),
    isAway(peer) && t('call.tileAway'),
    peer.crypto === 'up' && t('tile.up'),
    isPaused(peer.cam) && t('call.tilePaused'),
  ]
    .filter(Boolean)
    .join(', ');
}

/** A tile's place as custom properties: base for a CSS transform, so that tiles glide and videos are never moved in the DOM. */
function place(box: Box, rtl: boolean) {
  return { '--x': `${rtl ? -box.x : box.x}px`, '--y': `${box.y}px`, '--w': `${box.w}px`, '--h': `${box.h}px` };
}
