// One Tab stop for a row of controls: arrows, Home and End move inside it (ARIA practices, toolbar pattern).

/** Where an arrow key leads from position at among count; null when the key does not move. */
export function rove(key: string, at: number, count: number, rtl: boolean): number | null {
  if (count === 0) return null;
  const step = rtl ? -1 : 1;
  switch (key) {
    case 'ArrowRight':
      return (at + step + count) % count;
    case 'ArrowLeft':
      return (at - step + count) % count;
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
  }
  return null;
}

/** Whether text runs from right to left on this page. */
export const isRTL = (): boolean => document.documentElement.dir === 'rtl';

/**
 * Key handler for a container: moves focus among its enabled-or-not buttons that are shown, and keeps exactly one of
 * them a Tab stop.
 */
export function onRoveKey(event: KeyboardEvent): void {
  const container = event.currentTarget as HTMLElement;
  const items = roveItems(container);
  const at = items.indexOf(document.activeElement as HTMLElement);
  const to = at < 0 ? null : rove(event.key, at, items.length, isRTL());
  if (to === null) return;
  event.preventDefault();
  items[to]?.focus();
}

/** Makes the focused item of container, or else its first, the only Tab stop. */
export function settleTabStop(container: HTMLElement): void {
  const items = roveItems(container);
  const now = items.find((item) => item === document.activeElement) ?? items.find((item) => item.tabIndex === 0) ?? items[0];
  items.forEach((item) => (item.tabIndex = item === now ? 0 : -1));
}

function roveItems(container: HTMLElement): HTMLElement[] {
  return [...container.querySelectorAll<HTMLElement>('button:not([role])')].filter((button) => button.offsetParent !== null);
}
