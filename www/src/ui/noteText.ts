// What passes by: toasts, announcements. The pure parts; Notes.tsx shows them.
import type { Note } from '../core/api.gen';
import { isKey, t, type Params } from '../i18n/t';

export type Tone = 'info' | 'warn' | 'error';

/** The text of a note: by its own key, or as something said, a device's trouble or a refusal. null: there is none. */
export function noteText(key: string, params?: Params): string | null {
  for (const full of [`say.${key}`, `error.${key}`, key]) if (isKey(full)) return t(full, params);
  return null;
}

/** Sentences about people who come and go, of one kind, within one moment. */
export interface Crowd {
  key: 'member.joined' | 'member.left';
  names: string[];
}

/** Adds a coming or going to those that wait to be said. Returns false for any other note. */
export function gather(crowds: Crowd[], note: Note): boolean {
  if (note.key !== 'member.joined' && note.key !== 'member.left') return false;
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
  if (key === 'member.joined') return count ? t('say.joinedMany', { name, count }) : t('say.member.joined', { name });
  return count ? t('say.leftMany', { name, count }) : t('say.member.left', { name });
}
