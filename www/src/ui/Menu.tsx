import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { rove } from '../a11y/roving';
import { Icon, type IconName } from './Icon';
import { placeAbove } from './placeAbove';

interface Props {
  icon: IconName;
  label: string;
  id: string;
  children: ComponentChildren;
}

/** Up and down in a menu are what right and left are in a toolbar. */
const vertical: Readonly<Record<string, string>> = { ArrowDown: 'ArrowRight', ArrowUp: 'ArrowLeft', Home: 'Home', End: 'End' };

/** A button that opens a menu above itself. The browser closes it on Escape and on a press elsewhere. */
export function MenuButton({ icon, label, id, children }: Props) {
  const button = useRef<HTMLButtonElement>(null);
  const menu = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(false);
  useLayoutEffect(() => {
    if (!open || !menu.current || !button.current) return;
    placeAbove(menu.current, button.current);
    (menu.current.querySelector<HTMLElement>('[aria-checked=true]') ?? items(menu.current)[0])?.focus();
  }, [open]);
  const key = (event: KeyboardEvent) => {
    const all = menu.current ? items(menu.current) : [];
    const along = vertical[event.key];
    const to = along ? rove(along, all.indexOf(document.activeElement as HTMLElement), all.length, false) : null;
    // Nothing of what is pressed inside the menu is meant for the toolbar around it.
    event.stopPropagation();
    if (to === null) return;
    event.preventDefault();
    all[to]?.focus();
  };
  return (
    <>
      <button
        ref={button}
        type="button"
        class="icon-button menu-button"
        data-id={id}
        data-tip={label}
        aria-label={label}
        aria-haspopup="menu"
        aria-expanded={open}
        onClick={() => menu.current?.togglePopover()}
      >
        <Icon name={icon} />
      </button>
      <div
        ref={menu}
        class="menu"
        popover="auto"
        role="menu"
        aria-label={label}
        onToggle={({ newState }) => setOpen(newState === 'open')}
        onKeyDown={key}
        onClick={() => menu.current?.hidePopover()}
      >
        {open && children}
      </div>
    </>
  );
}

/** Devices to choose one of. */
export function MenuChoice({ title, icon, children }: { title: string; icon: IconName; children: ComponentChildren }) {
  return (
    <div role="group" aria-label={title}>
      <p class="menu-title" aria-hidden="true">
        <Icon name={icon} />
        {title}
      </p>
      {children}
    </div>
  );
}

export function MenuRadio({ text, checked, onChoose }: { text: string; checked: boolean; onChoose: () => void }) {
  return (
    <button type="button" role="menuitemradio" aria-checked={checked} tabIndex={-1} onClick={onChoose}>
      {checked && <Icon name="check" />}
      <span>{text}</span>
    </button>
  );
}

const items = (menu: HTMLElement): HTMLElement[] => [...menu.querySelectorAll<HTMLElement>('[role^=menuitem]')];
