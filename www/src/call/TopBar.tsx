import { duration, t } from '../i18n/t';
import { Icon } from '../ui/Icon';
import { useFocusOnce, useNow } from '../ui/hooks';

/** Which room, and for how long. */
export function TopBar({ room, joinedAt }: { room: string; joinedAt: number }) {
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
