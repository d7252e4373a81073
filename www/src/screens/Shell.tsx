import type { ComponentChildren } from 'preact';
import type { Me } from '../core/api.gen';
import { Brand } from '../ui/Brand';
import { Icon } from '../ui/Icon';
import { Preview } from './Preview';

interface Props {
  me: Me;
  room: string;
  /** The core is still on its way. */
  loading: boolean;
  children: ComponentChildren;
}

/** The frame of everything before a meeting: my picture on one side, what to do on the other. */
export function Shell({ me, room, loading, children }: Props) {
  return (
    <div class="page">
      <header class="page-head">
        <Brand />
        <span class="room-name">
          <Icon name="room" />
          <bdi dir="auto">{room}</bdi>
        </span>
      </header>
      <main class="shell">
        <Preview me={me} loading={loading} />
        <div class="shell-form">{children}</div>
      </main>
    </div>
  );
}
