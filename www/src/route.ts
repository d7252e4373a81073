// The address: which page it names, and moving between pages without loading.
import { useEffect, useState } from 'preact/hooks';
import { isEncrypted } from './fragment';

export type Route =
  | { page: 'home' }
  | { page: 'room'; room: string; e2ee: boolean } // room as it stands in the address
  | { page: 'signin' }
  | { page: 'enrol' }
  | { page: 'unknown' };

/** What an address names. Rooms are one segment; everything of the site's own lies under /_/. hash is its part from the #. */
export function routeOf(path: string, hash = ''): Route {
  if (path === '/') return { page: 'home' };
  if (path === '/_/signin') return { page: 'signin' };
  if (path === '/_/enrol') return { page: 'enrol' };
  const segment = /^\/([^/]+)\/?$/.exec(path)?.[1];
  return segment !== undefined && segment !== '_' ? { page: 'room', room: segment, e2ee: isEncrypted(hash) } : { page: 'unknown' };
}

/** The address of a room. That of an encrypted one says so. */
export const roomPath = (name: string, e2ee = false): string => `/${encodeURIComponent(name)}${e2ee ? '#e2ee' : ''}`;

/** What an invitation to an encrypted room carries. */
export interface Invitation {
  e2ee?: boolean;
  /** Only if the person who invites wants it in the link. */
  passphrase?: string;
}

/** The link that invites to a room. */
export function roomLink(name: string, { e2ee = false, passphrase = '' }: Invitation = {}): string {
  return location.origin + roomPath(name, e2ee || passphrase !== '') + (passphrase && `&k=${encoded(passphrase)}`);
}

/** Percent-encodes punctuation too: programs that make links of text end them before it. */
const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/[.!~*'()]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

const watchers = new Set<() => void>();

/** Moves to a path, with what stands behind its #; replace leaves no step back. */
export function go(path: string, replace = false): void {
  if (path === location.pathname + location.hash) return;
  if (replace) history.replaceState(null, '', path);
  else history.pushState(null, '', path);
  watchers.forEach((fn) => fn());
}

export function useRoute(): Route {
  const [route, set] = useState(() => routeOf(location.pathname, location.hash));
  useEffect(() => {
    const update = () => set(routeOf(location.pathname, location.hash));
    watchers.add(update);
    addEventListener('popstate', update);
    return () => {
      watchers.delete(update);
      removeEventListener('popstate', update);
    };
  }, []);
  return route;
}

/** Takes the one-time token out of the address bar, so that it is in no history, screenshot or shared link. */
export function takeToken(): string {
  const token = location.hash.slice(1);
  if (token) history.replaceState(null, '', location.pathname + location.search);
  return token;
}
