import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Devices, Me } from '../core/api.gen';
import { useCore } from '../core/context';
import { onRoveKey, settleTabStop } from '../a11y/roving';
import { keyOf, type Action } from '../a11y/shortcuts';
import { t } from '../i18n/t';
import { IconButton } from '../ui/IconButton';
import { InputButton } from '../ui/InputButton';
import type { Panel } from './Call';
import { CameraMenu, SoundMenu } from './DeviceMenus';

interface Props {
  me: Me;
  devices: Devices;
  panel: Panel | null;
  unread: number;
  people: number;
  act: (action: Action) => void;
}

/** Up opens the menu beside a control, where it is shown; the other keys move. */
function onKey(event: KeyboardEvent): void {
  const menu = document.activeElement?.closest('.split')?.querySelector<HTMLElement>('.menu-button');
  if (event.key !== 'ArrowUp' || !menu?.offsetParent) return onRoveKey(event);
  event.preventDefault();
  menu.click();
}

/** The meeting's controls: one Tab stop, arrows inside. */
export function Toolbar({ me, devices, panel, unread, people, act }: Props) {
  const core = useCore();
  const bar = useRef<HTMLDivElement>(null);
  const settle = () => {
    if (bar.current) settleTabStop(bar.current);
  };
  useLayoutEffect(settle);
  const canShare = typeof navigator.mediaDevices?.getDisplayMedia === 'function';
  return (
    <footer class="bottom-bar">
      <div
        class="toolbar"
        id="controls"
        ref={bar}
        role="toolbar"
        aria-label={t('call.controls')}
        onKeyDown={onKey}
        onFocusIn={settle}
      >
        <div class="split">
          <InputButton which="mic" input={me.mic} />
          <SoundMenu devices={devices} />
        </div>
        <div class="split">
          <InputButton which="cam" input={me.cam} />
          <CameraMenu devices={devices} />
        </div>
        {canShare && (
          <IconButton
            id="share"
            icon={me.share.on ? 'shareStop' : 'share'}
            label={t(me.share.on ? 'bar.shareStop' : 'bar.share')}
            keys={keyOf.share}
            busy={me.share.busy}
            {...(me.share.on ? { tone: 'danger' as const } : {})}
            onClick={() => act('share')}
          />
        )}
        <IconButton
          id="hand"
          icon="hand"
          label={t('bar.hand')}
          keys={keyOf.hand}
          pressed={me.hand > 0}
          onClick={() => act('hand')}
        />
        <IconButton
          id="chat"
          icon="chat"
          label={unread > 0 ? t('bar.chatUnread', { count: unread }) : t('bar.chat')}
          keys={keyOf.chat}
          pressed={panel === 'chat'}
          badge={panel === 'chat' ? 0 : unread}
          onClick={() => act('chat')}
        />
        <IconButton
          id="people"
          icon="people"
          label={t('bar.people', { count: people })}
          keys={keyOf.people}
          pressed={panel === 'people'}
          badge={people}
          onClick={() => act('people')}
        />
        <IconButton
          id="leave"
          icon="leave"
          tone="leave"
          label={t('bar.leave')}
          onClick={() => void core.dispatch({ t: 'leave' })}
        />
      </div>
    </footer>
  );
}
