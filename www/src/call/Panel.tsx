import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import { IconButton } from '../ui/IconButton';

interface Props {
  title: string;
  /** After the title: how many. */
  count?: number;
  closeLabel: string;
  keys: string;
  onClose: () => void;
  children: ComponentChildren;
}

/** A panel beside the stage; on a telephone over everything. */
export function Panel({ title, count, closeLabel, keys, onClose, children }: Props) {
  const id = useId();
  const escape = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && !event.isComposing) onClose();
  };
  return (
    <aside class="panel" aria-labelledby={id} onKeyDown={escape}>
      <header>
        <h2 id={id}>
          {title} {count !== undefined && <span class="count">{count}</span>}
        </h2>
        <IconButton kind="plain" icon="close" label={closeLabel} keys={keys} onClick={onClose} />
      </header>
      {children}
    </aside>
  );
}
