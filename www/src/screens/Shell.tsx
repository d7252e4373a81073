import type { ComponentChildren } from 'preact';
import type { View } from '../core/api.gen';
import { Brand } from '../ui/Brand';
import { Icon } from '../ui/Icon';
import { Preview } from './Preview';

/** The frame of everything before a meeting: my picture on one side, what to do on the other. */
export function Shell({ view, loading, children }: { view: View; loading: boolean; children: ComponentChildren }) {
  return (
    <div class="page">
      <header class="page-head">
        <Brand />
        <span class="room-name">
          <Icon name="room" />
          <bdi dir="auto">{view.room.name}</bdi>
        </span>
      </header>
      <main class="shell">
        <Preview me={view.me} loading={loading} />
        <div class="shell-form">{children}</div>
      </main>
    </div>
  );
}
