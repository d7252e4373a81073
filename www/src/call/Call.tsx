import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { View } from '../core/api.gen';
import { useCore } from '../core/context';
import type { Action } from '../a11y/shortcuts';
import { say } from '../a11y/announce';
import { t } from '../i18n/t';
import { useWakeLock } from '../media/wakeLock';
import { Spinner } from '../ui/Icon';
import { useShortcuts } from '../screens/shortcuts';
import { Alone } from './Alone';
import { Banners } from './Banners';
import { Chat } from './Chat';
import { People } from './People';
import { asSeen, isIn, safetyOf } from './safety';
import { Security } from './Security';
import { Sharing } from './Sharing';
import { Shield } from './Shield';
import { Stage } from './Stage';
import { Toolbar } from './Toolbar';
import { TopBar } from './TopBar';

export type Panel = 'chat' | 'people';

/** The meeting. */
export function Call({ view }: { view: View }) {
  const core = useCore();
  const [panel, setPanel] = useState<Panel | null>(null);
  const [secure, showSecurity] = useState(false);
  const frame = useRef<HTMLDivElement>(null);
  const { me, peers, crypto } = view;
  const seen = useMemo(() => peers.map(asSeen), [peers]);
  const safety = safetyOf(crypto, me.index, peers);
  const invitation = { room: view.room.name, e2ee: crypto.on };
  const openSecurity = () => showSecurity(true);
  useDark();
  useWakeLock();

  const close = () => {
    // Focus would go with the panel that it is in: it returns to the button that opens the panel.
    const inside = frame.current?.querySelector('.panel')?.contains(document.activeElement);
    if (panel && inside) frame.current?.querySelector<HTMLElement>(`[data-id=${panel}]`)?.focus();
    setPanel(null);
  };
  const toggle = (which: Panel) => (panel === which ? close() : setPanel(which));
  const act = (action: Action) => {
    switch (action) {
      case 'mic':
        say(t(me.mic.on ? 'say.muted' : 'say.unmuted'));
        return void core.dispatch({ t: 'mic', on: !me.mic.on });
      case 'cam':
        say(t(me.cam.on ? 'say.camOff' : 'say.camOn'));
        return void core.dispatch({ t: 'cam', on: !me.cam.on });
      case 'share':
        return void core.dispatch({ t: 'share', on: !me.share.on });
      case 'hand':
        return void core.dispatch({ t: 'hand', up: me.hand === 0 });
      default:
        return toggle(action);
    }
  };
  useShortcuts(act);
  return (
    <div class={`call ${panel ? 'with-panel' : ''}`} ref={frame}>
      <a class="skip" href="#controls" onClick={skip}>
        {t('call.skip')}
      </a>
      <TopBar room={view.room.name} joinedAt={view.app.joinedAt}>
        <Shield safety={safety} crypto={crypto} onOpen={openSecurity} />
      </TopBar>
      <Banners safety={safety} crypto={crypto} peers={peers} onDetails={openSecurity} />
      <main class="call-main" data-lost={view.app.conn === 'lost'}>
        <Stage me={me} peers={seen} stage={view.stage} />
        {peers.length === 0 && <Alone {...invitation} />}
        {me.share.on && <Sharing />}
        {view.app.conn === 'lost' && (
          <p class="toast warn lost">
            <Spinner />
            {t('call.lost')}
          </p>
        )}
      </main>
      {panel === 'chat' && <Chat chat={view.chat} encrypted={crypto.on} onClose={close} />}
      {panel === 'people' && <People me={me} peers={seen} invitation={invitation} onClose={close} />}
      <Toolbar
        me={me}
        devices={view.devices}
        panel={panel}
        unread={view.chat.unread}
        people={peers.filter(isIn).length + 1}
        act={act}
      />
      {secure && <Security view={view} safety={safety} onClose={() => showSecurity(false)} />}
    </div>
  );
}

/** Moves focus without touching the address, which is the room's. */
function skip(event: MouseEvent): void {
  event.preventDefault();
  document.querySelector<HTMLElement>('#controls button[tabindex="0"]')?.focus();
}

/** Pictures look best on dark: the meeting is dark whatever the theme, until people can choose. */
function useDark(): void {
  useEffect(() => {
    const root = document.documentElement;
    const before = root.dataset['theme'] ?? 'dark';
    root.dataset['theme'] = 'dark';
    return () => {
      root.dataset['theme'] = before;
    };
  }, []);
}
