import type { Me, Peer } from '../core/api.gen';
import { keyOf } from '../a11y/shortcuts';
import { t, type MsgKey } from '../i18n/t';
import { isOn } from '../media/input';
import { Avatar } from '../ui/Avatar';
import { Icon, type IconName } from '../ui/Icon';
import { InviteLink } from '../ui/InviteLink';
import { nameOf } from '../ui/noteText';
import { Panel } from './Panel';
import { isIn, whyOutside } from './safety';

/** The room that a link leads to. */
interface Invitation {
  room: string;
  e2ee: boolean;
}

interface Props {
  me: Me;
  peers: readonly Peer[];
  invitation: Invitation;
  onClose: () => void;
}

/** Who is here; apart from them, who has not shown to have the passphrase. */
export function People({ me, peers, invitation, onClose }: Props) {
  const inside = sorted(peers.filter(isIn));
  const outside = peers.filter((peer) => !isIn(peer));
  return (
    <Panel
      title={t('people.title')}
      count={inside.length + 1}
      closeLabel={t('people.close')}
      keys={keyOf.people}
      onClose={onClose}
    >
      {/* A Tab stop, for it scrolls and nothing in it takes the focus. */}
      <div class="people" role="region" aria-label={t('people.title')} tabIndex={0}>
        <ul aria-label={t('people.list')}>
          <Row
            name={t('people.you', { name: me.name })}
            seed={me.name}
            role={me.role}
            mic={isOn(me.mic)}
            cam={isOn(me.cam)}
            hand={me.hand > 0}
            sharing={me.share.on}
          />
          {inside.map((peer) => (
            <Row
              key={peer.index}
              name={nameOf(peer)}
              seed={peer.name}
              role={peer.role}
              mic={peer.mic}
              cam={peer.cam.on}
              hand={peer.hand > 0}
              sharing={peer.screen.on}
            />
          ))}
        </ul>
        {outside.length > 0 && <Outsiders peers={outside} me={me.index} />}
      </div>
      <div class="panel-foot">
        <InviteLink {...invitation} />
      </div>
    </Panel>
  );
}

/** Hosts, then raised hands as they were raised, then by name. */
function sorted(peers: readonly Peer[]): Peer[] {
  const rank = (peer: Peer) => (peer.role === 'host' ? 0 : peer.hand > 0 ? 1 : 2);
  return [...peers].sort((a, b) => rank(a) - rank(b) || a.hand - b.hand || a.name.localeCompare(b.name));
}

/** Members of whom the server tells, and nobody else. */
function Outsiders({ peers, me }: { peers: readonly Peer[]; me: number }) {
  return (
    <>
      <h3>{t('people.outside')}</h3>
      <ul aria-label={t('people.outside')} class="outside">
        {peers.map((peer) => (
          <li key={peer.index}>
            <span class="avatar">
              <Icon name="lock" />
            </span>
            <span class="who">
              <bdi dir="auto">{peer.name || t('tile.somebody')}</bdi>
              <small>{t(whyOutside(peer, me))}</small>
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}

interface RowProps {
  name: string;
  seed: string;
  role: Peer['role'];
  mic: boolean;
  cam: boolean;
  hand: boolean;
  sharing: boolean;
}

const roles: Readonly<Record<string, MsgKey>> = { host: 'people.host', moderator: 'people.moderator' };

function Row({ name, seed, role, mic, cam, hand, sharing }: RowProps) {
  const title = roles[role];
  return (
    <li>
      <Avatar name={seed} seed={seed} />
      <span class="who">
        <bdi dir="auto">{name}</bdi>
        {title && <small>{t(title)}</small>}
      </span>
      {hand && <State icon="hand" text="people.hand" />}
      {sharing && <State icon="share" text="people.sharing" />}
      <State icon={mic ? 'mic' : 'micOff'} text={mic ? 'people.micOn' : 'people.micOff'} />
      <State icon={cam ? 'cam' : 'camOff'} text={cam ? 'people.camOn' : 'people.camOff'} />
    </li>
  );
}

function State({ icon, text }: { icon: IconName; text: MsgKey }) {
  return (
    <span class={`state ${icon}`}>
      <Icon name={icon} />
      <span class="visually-hidden">{t(text)}</span>
    </span>
  );
}
