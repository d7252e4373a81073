// What passes by: toasts, announcements. The pure parts; Notes.tsx shows them.
import type { Note } from '../core/api.gen';
import { isKey, t, type Params } from '../i18n/t';

export type Tone = 'info' | 'warn' | 'error';

/** A person's name, or a word for somebody who did not say one that can be shown. */
export const nameOf = ({ name }: { name: string }): string => name || t('call.somebody');

/** The text of a note, or null when the catalogue has none. */
export function noteText(key: string, params?: Params): string | null {
  if (!isKey(key)) return null;
  return t(key, params?.['name'] === '' ? { ...params, name: nameOf({ name: '' }) } : params);
}

/** Sentences about people who come and go, of one kind, within one moment. */
export interface Crowd {
  key: 'say.joined' | 'say.left';
  names: string[];
}

/** Adds a coming or going to those that wait to be said. Returns false for any other note. */
export function gather(crowds: Crowd[], note: Note): boolean {
  if (note.key !== 'say.joined' && note.key !== 'say.left') return false;
  const name = note.params?.['name'] ?? '';
  const open = crowds.find((crowd) => crowd.key === note.key);
  if (open) open.names.push(name);
  else crowds.push({ key: note.key, names: [name] });
  return true;
}

/** "Ana joined", "Ana and 2 others joined". */
export function crowdText({ key, names }: Crowd): string {
  const [name = ''] = names;
  const count = names.length - 1;
  if (key === 'say.joined') return count ? t('say.joinedMany', { name, count }) : t('say.joined', { name });
  return count ? t('say.leftMany', { name, count }) : t('say.left', { name });
}
