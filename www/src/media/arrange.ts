// Who is where on the stage: pure. Boxes come from layout.ts, people from the core's snapshot.
import type { Peer, Stage } from '../core/api.gen';
import { perPage, rects, rulesFor, stage, type Box } from './layout';

/** A member by index, or me. */
export type Who = number | 'me';

export interface Placed {
  who: Who;
  box: Box;
}

export interface Arrangement {
  /** The shared screen in front, if there is one. */
  screen: { member: number; box: Box } | null;
  tiles: readonly Placed[];
  page: number; // from 0
  pages: number;
}

/** Whose screen is in front: the newest share that is somebody else's, or 0. My own would be a tunnel of mirrors. */
export function sharerInFront(peers: readonly Peer[], { sharer }: Stage): number {
  const sharing = peers.filter((peer) => peer.screen.on);
  return (sharing.find((peer) => peer.index === sharer) ?? sharing[sharing.length - 1])?.index ?? 0;
}

/**
 * Everybody in the order of the tiles, k to a page: as they joined, the first of all given first, me at the end of page
 * one. Whoever speaks must be seen: the dominant speaker takes the last place of page one, and nobody else moves.
 */
export function order(peers: readonly Peer[], k: number, first: number, dominant: number): Who[] {
  const others = peers.map((peer) => peer.index);
  const front = others.indexOf(first);
  if (front > 0) others.unshift(...others.splice(front, 1));
  // A page for one person is the others' before it is mine.
  const myPlace = Math.min(Math.max(1, k - 1), others.length);
  const speaks = others.indexOf(dominant);
  if (speaks >= myPlace && myPlace > 0) {
    const last = myPlace - 1;
    [others[last], others[speaks]] = [others[speaks] as number, others[last] as number];
  }
  return [...others.slice(0, myPlace), 'me', ...others.slice(myPlace)];
}

/** Room under the tiles for turning pages, CSS pixels. */
const pagerHeight = 44;

/** Places everything in a stage of W x H on the asked page, or the nearest that exists. */
export function arrange(W: number, H: number, people: { peers: readonly Peer[]; stage: Stage }, page: number): Arrangement {
  const whole = place(W, H, people, page);
  return whole.pages > 1 ? place(W, Math.max(0, H - pagerHeight), people, page) : whole;
}

function place(W: number, H: number, { peers, stage: front }: { peers: readonly Peer[]; stage: Stage }, page: number): Arrangement {
  const n = peers.length + 1;
  const sharer = sharerInFront(peers, front);
  const beside = sharer ? stage(W, H, n) : null;
  const k = Math.max(1, beside ? beside.strip.length : perPage(W, H, n, rulesFor(W)));
  const pages = Math.ceil(n / k);
  const at = Math.min(Math.max(0, page), pages - 1);
  const shown = order(peers, k, sharer, front.dominant).slice(at * k, at * k + k);
  const boxes = beside ? beside.strip : rects(W, H, shown.length, rulesFor(W));
  const tiles = shown.flatMap((who, i) => {
    const box = boxes[i];
    return box ? [{ who, box }] : [];
  });
  return { screen: beside && { member: sharer, box: beside.main }, tiles, page: at, pages };
}

const prioScreen = 9;
const prioSpeaker = 7;
const prioOther = 5;

/** What the relay should send for an arrangement: each picture that is on screen, as tall as it is shown. */
export function watched(a: Arrangement, peers: readonly Peer[], dominant: number, scale: number) {
  const lines = (box: Box) => Math.max(1, Math.min(4320, Math.round(box.h * scale)));
  const list: { source: string; h: number; prio: number }[] = [];
  if (a.screen) list.push({ source: `${a.screen.member}/screen`, h: lines(a.screen.box), prio: prioScreen });
  for (const { who, box } of a.tiles) {
    const peer = peers.find(({ index }) => index === who);
    if (!peer?.cam.on) continue;
    list.push({ source: `${peer.index}/cam`, h: lines(box), prio: peer.index === dominant ? prioSpeaker : prioOther });
  }
  return list;
}
