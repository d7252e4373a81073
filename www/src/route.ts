// The address: which page it names, and moving between pages without loading.
import { useEffect, useState } from 'preact/hooks';

export type Route =
  | { page: 'home' }
  | { page: 'room'; room: string } // as it stands in the address
  | { page: 'signin' }
  | { page: 'enrol' }
  | { page: 'unknown' };

/** What a path names. Rooms are one segment; everything of the site's own lies under /_/. */
export function routeOf(path: string): Route {
  if (path === '/') return { page: 'home' };
  if (path === '/_/signin') return { page: 'signin' };
  if (path === '/_/enrol') return { page: 'enrol' };
  const segment = /^\/([^/]+)\/?$/.exec(path)?.[1];
  return segment !== undefined && segment !== '_' ? { page: 'room', room: segment } : { page: 'unknown' };
}

/** The address of a room. */
export const roomPath = (name: string): string => `/${encodeURIComponent(name)}`;

/** The link that invites to a room. */
export const roomLink = (name: string): string => location.origin + roomPath(name);

const watchers = new Set<() => void>();

/** Moves to a path; replace leaves no step back. */
export function go(path: string, replace = false): void {
  if (path === location.pathname) return;
  if (replace) history.replaceState(null, '', path);
  else history.pushState(null, '', path);
  watchers.forEach((fn) => fn());
}

export function useRoute(): Route {
  const [route, set] = useState(() => routeOf(location.pathname));
  useEffect(() => {
    const update = () => set(routeOf(location.pathname));
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
