// Single-key shortcuts of the meeting. Pure: says what a key means, does nothing.

export type Action = 'mic' | 'cam' | 'share' | 'chat' | 'people' | 'hand';

const keys: Readonly<Record<string, Action>> = { m: 'mic', v: 'cam', d: 'share', c: 'chat', p: 'people', r: 'hand' };

/** The key that does an action, as aria-keyshortcuts wants it. */
export const keyOf: Readonly<Record<Action, string>> = { mic: 'M', cam: 'V', share: 'D', chat: 'C', people: 'P', hand: 'R' };

/** The parts of a KeyboardEvent that decide. */
export interface Key {
  key: string;
  code: string;
  repeat: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  isComposing: boolean;
}

/** Where the key was pressed. */
export interface Place {
  /** Focus is where letters are typed or chosen: a field, a menu item, a slider … */
  typing: boolean;
  dialogOpen: boolean;
  textSelected: boolean;
}

/**
 * What a key press means, or null. Letters count by what they say first and by their place on the keyboard second, so
 * that M works on a Cyrillic layout too.
 */
export function shortcut(key: Key, place: Place): Action | null {
  if (key.repeat || key.ctrlKey || key.metaKey || key.altKey || key.isComposing) return null;
  if (place.typing || place.dialogOpen) return null;
  const latin = /^[a-z]$/i.test(key.key) ? key.key : /^Key([A-Z])$/.exec(key.code)?.[1];
  const action = latin ? (keys[latin.toLowerCase()] ?? null) : null;
  // C with selected text is somebody who is about to copy.
  return action === 'chat' && place.textSelected ? null : action;
}

const typingPlaces =
  'input, textarea, select, [contenteditable], [role=menuitem], [role=menuitemradio], [role=tab], [role=option], [role=switch], [role=slider], [role=textbox]';

/** Reads a Place from the document. */
export function placeNow(): Place {
  return {
    typing: document.activeElement?.closest(typingPlaces) != null,
    dialogOpen: document.querySelector('dialog[open]') !== null,
    textSelected: !(document.getSelection()?.isCollapsed ?? true),
  };
}
