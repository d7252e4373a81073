import type { ComponentChildren } from 'preact';
import { Icon, Spinner, type IconName } from './Icon';

interface Props {
  kind?: 'primary' | 'quiet' | 'text';
  type?: 'button' | 'submit';
  icon?: IconName;
  /** Something that this button started is under way: it cannot be pressed again, but stays focusable. */
  busy?: boolean;
  small?: boolean;
  /** It shows and hides something. */
  expanded?: boolean;
  onClick?: () => void;
  children: ComponentChildren;
}

export function Button({ kind = 'quiet', type = 'button', icon, busy = false, small = false, expanded, onClick, children }: Props) {
  const press = (event: Event) => {
    if (busy) event.preventDefault();
    else onClick?.();
  };
  return (
    <button type={type} class={`button ${kind}${small ? ' small' : ''}`} aria-disabled={busy} aria-expanded={expanded} onClick={press}>
      {busy ? <Spinner /> : icon && <Icon name={icon} />}
      <span>{children}</span>
    </button>
  );
}
