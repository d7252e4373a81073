const edge = 8; // CSS pixels kept free at the window's edges, and between button and menu

/** Puts an open popover above an element, within the window. menu.css leaves it to this unless the window is narrow. */
export function placeAbove(popover: HTMLElement, anchor: HTMLElement): void {
  const at = anchor.getBoundingClientRect();
  const { offsetWidth: w, offsetHeight: h } = popover;
  const x = Math.min(Math.max(edge, at.left + at.width / 2 - w / 2), innerWidth - w - edge);
  const y = Math.max(edge, at.top - h - edge);
  popover.style.setProperty('--x', `${Math.round(x)}px`);
  popover.style.setProperty('--y', `${Math.round(y)}px`);
}
