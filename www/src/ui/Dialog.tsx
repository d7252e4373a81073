import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';
import { t } from '../i18n/t';
import { IconButton } from './IconButton';

/** A modal dialog; the browser keeps the focus inside and gives it back. Shown for as long as it is rendered. */
export function Dialog({ title, onClose, children }: { title: string; onClose: () => void; children: ComponentChildren }) {
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  // Before the effects of what is inside: a field can only take the focus in an open dialog.
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  return (
    // Escape closes the dialog, and nothing that lies behind it.
    <dialog ref={dialog} aria-labelledby={id} onClose={onClose} onKeyDown={(event) => event.key === 'Escape' && event.stopPropagation()}>
      <header>
        <h2 id={id}>{title}</h2>
        <IconButton kind="plain" icon="close" label={t('app.close')} onClick={onClose} />
      </header>
      {children}
    </dialog>
  );
}
