// Texts. Everything that people read comes from a catalogue; the core and the relay only know codes.
import en from './en.json';

type Key = keyof typeof en;
/** A text's key. Of a text with plural forms ("x#one", "x#other") it is the part before the "#". */
export type MsgKey = Key extends infer K ? (K extends `${infer Base}#${string}` ? Base : K) : never;
export type Params = Readonly<Record<string, string | number>>;

const catalogue: Readonly<Record<string, string>> = en;
const locale = 'en';
const plurals = new Intl.PluralRules(locale);

/** Whether there is a text for a key that came from outside. */
export function isKey(key: string): key is MsgKey {
  return key in catalogue || `${key}#other` in catalogue;
}

/** The text of key with {name} replaced by params.name. params.count chooses the plural form. */
export function t(key: MsgKey, params?: Params): string {
  let text = catalogue[key];
  if (text === undefined && params && typeof params['count'] === 'number') {
    text = catalogue[`${key}#${plurals.select(params['count'])}`];
  }
  text ??= catalogue[`${key}#other`] ?? key;
  return params ? text.replace(/\{(\w+)\}/g, (whole, name: string) => String(params[name] ?? whole)) : text;
}

/**
 * The text for a refusal's code: for its particular reason, params.why, where there is one. An unknown code gets the
 * general text, with the code in it for whoever is asked.
 */
export function errorText({ code, params }: { code: string; params?: Params | undefined }): string {
  for (const key of [`error.${code}.${params?.['why'] ?? ''}`, `error.${code}`]) if (isKey(key)) return t(key, params);
  return t('error.unknown', { code });
}

const clockFormat = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', hour12: false });

/** Time of day, from Unix milliseconds: "14:05". */
export const clock = (at: number): string => clockFormat.format(at);

/** How long, from milliseconds: "24:07", "1:02:33". */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (n: number) => String(n).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return (hours ? `${hours}:${two(minutes)}` : String(minutes)) + `:${two(seconds % 60)}`;
}
