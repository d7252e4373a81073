import { Icon, Spinner, type IconName } from './Icon';

export interface IconButtonProps {
  icon: IconName;
  /** What pressing it will do. A toggle whose name does not change takes pressed as well. */
  label: string;
  /** For tests and styles. */
  id?: string;
  kind?: 'round' | 'plain';
  tone?: 'danger' | 'leave';
  pressed?: boolean;
  busy?: boolean;
  disabled?: boolean;
  badge?: number | '!';
  /** The single key that does the same. */
  keys?: string;
  onClick: () => void;
}

/** A button with a symbol only. It stays focusable when disabled, so that people can find out what it would do. */
export function IconButton(p: IconButtonProps) {
  const press = (event: MouseEvent) => {
    // After a pointer's click on a control the focus goes, so that keys stay the meeting's; keyboards keep their place.
    if (event.detail > 0 && p.kind !== 'plain') (event.currentTarget as HTMLElement).blur();
    if (!p.disabled && !p.busy) p.onClick();
  };
  return (
    <button
      type="button"
      class={`icon-button ${p.kind ?? 'round'}${p.tone ? ` ${p.tone}` : ''}`}
      data-id={p.id}
      data-tip={p.keys ? `${p.label} (${p.keys})` : p.label}
      aria-label={p.label}
      aria-pressed={p.pressed}
      aria-disabled={p.disabled}
      aria-keyshortcuts={p.keys}
      onClick={press}
    >
      {p.busy ? <Spinner /> : <Icon name={p.icon} />}
      {p.badge ? (
        <span class="badge" aria-hidden="true">
          {p.badge}
        </span>
      ) : null}
    </button>
  );
}
