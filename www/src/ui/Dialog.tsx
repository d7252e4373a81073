import type { ComponentChildren } from 'preact';
import { useEffect, useId, useLayoutEffect, useRef } from 'preact/hooks';
import { t } from '../i18n/t';
import { IconButton } from './IconButton';

/**
 * A modal dialog; the browser keeps the focus inside and gives it back. When what had the focus goes, the title gets it.
 * Shown for as long as it is rendered.
 */
export function Dialog({ title, onClose, children }: { title: string; onClose: () => void; children: ComponentChildren }) {
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const focused = useRef<Element | null>(null);
  // Before the effects of what is inside: a field can only take the focus in an open dialog.
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  // After those of what is inside, and only then: a click on text is no reason to move the focus.
  useEffect(() => {
    const element = heading.current;
    if (!element || focused.current?.isConnected !== false || document.activeElement !== document.body) return;
    element.tabIndex = -1; // not before: it would get the focus when the dialog opens
    element.focus();
  });
  return (
    // Escape closes the dialog, and nothing that lies behind it.
    <dialog
      ref={dialog}
      aria-labelledby={id}
      onClose={onClose}
      onFocusIn={(event) => (focused.current = event.target as Element)}
      onKeyDown={(event) => event.key === 'Escape' && event.stopPropagation()}
    >
      <header>
        <h2 id={id} ref={heading}>
          {title}
        </h2>
        <IconButton kind="plain" icon="close" label={t('app.close')} onClick={onClose} />
      </header>
      {children}
    </dialog>
  );
}
