import type { ComponentChildren } from 'preact';
import { Icon } from './Icon';

/** A box that tells of trouble and what helps. Announced when it appears. */
export function Notice({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="notice" role="alert">
      <Icon name="warning" />
      <div>
        <strong>{title}</strong>
        {children}
      </div>
    </div>
  );
}
