import paths from 'virtual:icons';
import type names from './icons.json';

export type IconName = keyof typeof names;

/** A decorative symbol: what it means must be said by the control that it stands in. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 -960 960 960" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}

/** A turning ring: something is under way. */
export function Spinner() {
  return (
    <svg class="icon spinner" viewBox="0 0 24 24" aria-hidden="true">
      <circle cx="12" cy="12" r="9" />
    </svg>
  );
}
