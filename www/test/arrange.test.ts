import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Peer } from '../src/core/api.gen';
import { arrange, order, sharerInFront, watched } from '../src/media/arrange';

function peer(index: number, more: Partial<Peer> = {}): Peer {
  return {
    index,
    name: `p${index}`,
    role: 'guest',
    mic: true,
    hand: 0,
    away: false,
    speaks: false,
    cam: { on: true, stream: `${index}/cam` },
    screen: { on: false },
    crypto: '',
    sounds: [],
    ...more,
  };
}
const peers = (n: number) => Array.from({ length: n }, (_, i) => peer(i + 2));
const quiet = { dominant: 0, sharer: 0 };
const shows = { screen: { on: true, stream: 'screen' } };

test('people stand as they joined, and I at the end of page one', () => {
  assert.deepEqual(order(peers(3), 4, 0, 0), [2, 3, 4, 'me']);
  assert.deepEqual(order(peers(5), 4, 0, 0), [2, 3, 4, 'me', 5, 6]);
  assert.deepEqual(order([], 1, 0, 0), ['me']);
});

test('who speaks on page two comes to the last place of page one, and nobody else moves', () => {
  assert.deepEqual(order(peers(5), 4, 0, 6), [2, 3, 6, 'me', 5, 4]);
  assert.deepEqual(order(peers(5), 4, 0, 3), [2, 3, 4, 'me', 5, 6]);
});

test('a page for one person shows who speaks, then me, and loses nobody', () => {
  assert.deepEqual(order(peers(2), 1, 0, 3), [3, 'me', 2]);
});

test('the presenter stands first', () => {
  assert.deepEqual(order(peers(3), 4, 4, 0), [4, 2, 3, 'me']);
});

test('every member is on exactly one page', () => {
  const people = peers(40);
  const first = arrange(1280, 676, { peers: people, stage: quiet }, 0);
  const seen = Array.from({ length: first.pages }, (_, page) =>
    arrange(1280, 676, { peers: people, stage: quiet }, page).tiles.map(({ who }) => who),
  ).flat();
  assert.equal(seen.length, 41);
  assert.equal(new Set(seen).size, 41);
});

test('a page that no longer exists becomes the last one', () => {
  const { page, pages } = arrange(1280, 676, { peers: peers(40), stage: quiet }, 9);
  assert.equal(page, pages - 1);
});

test('the newest share is in front; my own is not; without the newest the last one is', () => {
  const people = [peer(2, shows), peer(3), peer(4, shows)];
  assert.equal(sharerInFront(people, { dominant: 0, sharer: 2 }), 2);
  assert.equal(sharerInFront(people, { dominant: 0, sharer: 1 }), 4);
  assert.equal(sharerInFront([peer(2)], { dominant: 0, sharer: 1 }), 0);
});

test('with a share everybody moves to the strip and the screen is watched first', () => {
  const people = [peer(2, shows), peer(3), peer(4, { cam: { on: false } })];
  const placed = arrange(1280, 676, { peers: people, stage: { dominant: 3, sharer: 2 } }, 0);
  assert.equal(placed.screen?.member, 2);
  assert.deepEqual(placed.tiles.map(({ who }) => who), [2, 3, 4, 'me']);
  const list = watched(placed, people, 3, 2);
  assert.deepEqual(list.map(({ source, prio }) => [source, prio]), [
    ['2/screen', 9],
    ['2/cam', 5],
    ['3/cam', 7],
  ]);
  assert.equal(list[1]?.h, Math.round((placed.tiles[0]?.box.h ?? 0) * 2));
});

test('what is on another page is not watched', () => {
  const people = peers(40);
  const placed = arrange(1280, 676, { peers: people, stage: quiet }, 1);
  const list = watched(placed, people, 0, 1);
  assert.equal(list.length, placed.tiles.filter(({ who }) => who !== 'me').length);
  assert.ok(list.length < 40);
});
