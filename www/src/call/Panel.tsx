import type { ComponentChildren } from 'preact';
import { useEffect, useId, useLayoutEffect, useRef } from 'preact/hooks';
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
  const heading = useRef<HTMLHeadingElement>(null);
  // People who listen hear what opened; a field inside may take the focus from here.
  useLayoutEffect(() => heading.current?.focus(), []);
  useEscape(onClose);
  return (
    <aside class="panel" aria-labelledby={id}>
      <header>
        <h2 id={id} ref={heading} tabIndex={-1}>
          {title} {count !== undefined && <span class="count">{count}</span>}
        </h2>
        <IconButton kind="plain" icon="close" label={closeLabel} keys={keys} onClick={onClose} />
      </header>
      {children}
    </aside>
  );
}

/** Escape closes the panel wherever the focus is; open menus keep their keys to themselves. */
function useEscape(close: () => void): void {
  const latest = useRef(close);
  latest.current = close;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key === 'Escape' && !event.isComposing) latest.current();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, []);
}
