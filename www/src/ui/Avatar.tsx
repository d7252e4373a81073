import { hue, initials } from './initials';

/** A round mark in place of a picture: initials on a colour that stays with the person. */
export function Avatar({ name, seed }: { name: string; seed: string | number }) {
  return (
    <span class="avatar" data-hue={hue(String(seed))} aria-hidden="true">
      {initials(name)}
    </span>
  );
}
