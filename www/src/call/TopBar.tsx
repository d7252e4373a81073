import type { ComponentChildren } from 'preact';
import { duration, t } from '../i18n/t';
import { Icon } from '../ui/Icon';
import { useFocusOnce, useNow } from '../ui/hooks';

interface Props {
  room: string;
  joinedAt: number;
  /** Stands after the room's name. */
  children: ComponentChildren;
}

/** Which room, how safe, and for how long. */
export function TopBar({ room, joinedAt, children }: Props) {
  const heading = useFocusOnce<HTMLHeadingElement>();
  return (
    <header class="top-bar">
      <h1 class="visually-hidden" ref={heading} tabIndex={-1}>
        {t('call.title', { room })}
      </h1>
      <span class="room-name">
        <Icon name="room" />
        <bdi dir="auto">{room}</bdi>
      </span>
      {children}
      {joinedAt > 0 && <Clock since={joinedAt} />}
    </header>
  );
}

function Clock({ since }: { since: number }) {
  const now = useNow(1000);
  return (
    <span class="clock" role="timer" aria-label={t('call.time')}>
      {duration(now - since)}
    </span>
  );
}
