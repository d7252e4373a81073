import assert from 'node:assert/strict';
import { test } from 'node:test';
import { covers, fit, narrow, perPage, rects, rulesFor, stage, wide, type Box, type Rules } from '../src/media/layout';
import { randoms } from './random';

const slack = 1e-6;

function assertInside(box: Box, W: number, H: number, pad: number, what: string): void {
  assert.ok(box.x >= pad - slack && box.y >= pad - slack, `${what} begins outside: ${JSON.stringify(box)}`);
  assert.ok(box.x + box.w <= W - pad + slack && box.y + box.h <= H - pad + slack, `${what} ends outside: ${JSON.stringify(box)}`);
}

function assertApart(a: Box, b: Box, gap: number, what: string): void {
  const apart =
    a.x + a.w + gap <= b.x + slack || b.x + b.w + gap <= a.x + slack || a.y + a.h + gap <= b.y + slack || b.y + b.h + gap <= a.y + slack;
  assert.ok(apart, `${what} overlap: ${JSON.stringify([a, b])}`);
}

function assertAspect({ w, h }: Box, { minAspect, maxAspect }: Rules, what: string): void {
  const aspect = w / h;
  assert.ok(aspect >= minAspect - slack && aspect <= maxAspect + slack, `${what} has aspect ${aspect}`);
}

test('tiles of 20,000 random stages lie inside, apart, in shape and of one size', () => {
  const random = randoms(1);
  for (let round = 0; round < 20_000; round++) {
    const W = 120 + random() * 2400;
    const H = 120 + random() * 1400;
    const n = 1 + Math.floor(random() * 49);
    const rules = rulesFor(W);
    const boxes = rects(W, H, n, rules);
    const what = `${n} tiles in ${W} x ${H}`;
    // Where even one pixel each does not fit between the gaps there is nothing to place.
    if (boxes.length === 0) {
      assert.equal(fit(W, H, n, rules), null, what);
      continue;
    }
    assert.equal(boxes.length, n, what);
    const first = boxes[0] as Box;
    boxes.forEach((box, i) => {
      assertInside(box, W, H, rules.pad, what);
      assertAspect(box, rules, what);
      assert.ok(Math.abs(box.w - first.w) < slack && Math.abs(box.h - first.h) < slack, `${what}: one size`);
      for (let j = 0; j < i; j++) assertApart(box, boxes[j] as Box, rules.gap, what);
    });
  }
});

// The table of ui.md 2.1: what share of the stage the tiles cover, and how they stand.
const table = [
  { W: 1280, H: 640, n: 2, columns: 2, rows: 1, coverage: 0.72 },
  { W: 1280, H: 640, n: 6, columns: 3, rows: 2, coverage: 0.94 },
  { W: 1280, H: 640, n: 9, columns: 3, rows: 3, coverage: 0.8 },
  { W: 1280, H: 640, n: 25, columns: 5, rows: 5, coverage: 0.76 },
  { W: 1920, H: 960, n: 12, columns: 4, rows: 3, coverage: 0.95 },
  { W: 360, H: 560, n: 4, columns: 2, rows: 2, coverage: 0.75 },
  { W: 360, H: 560, n: 12, columns: 3, rows: 4, coverage: 0.85 },
];

for (const { W, H, n, columns, rows, coverage } of table) {
  test(`${n} tiles cover at least ${coverage * 100} % of ${W} x ${H}`, () => {
    const grid = fit(W, H, n, rulesFor(W));
    assert.ok(grid);
    assert.deepEqual([grid.columns, grid.rows], [columns, rows]);
    const covered = (n * grid.w * grid.h) / (W * H);
    assert.ok(covered >= coverage - 0.005, `covers ${(covered * 100).toFixed(1)} %`);
  });
}

test('a stage without room places nothing', () => {
  assert.equal(fit(10, 600, 3, wide), null);
  assert.equal(fit(600, 16, 3, wide), null);
  assert.deepEqual(rects(0, 0, 5, wide), []);
  assert.equal(fit(600, 400, 0, wide), null);
});

test('the last row stands in the middle', () => {
  const boxes = rects(1280, 640, 5, wide);
  const last = boxes.slice(3);
  const middle = ((last[0] as Box).x + (last[1] as Box).x + (last[1] as Box).w) / 2;
  assert.ok(Math.abs(middle - 640) < slack);
});

test('pages keep tiles readable and full', () => {
  const random = randoms(2);
  for (let round = 0; round < 5_000; round++) {
    const W = 250 + random() * 2200;
    const H = 250 + random() * 1200;
    const n = 1 + Math.floor(random() * 100);
    const rules = rulesFor(W);
    const k = perPage(W, H, n, rules);
    assert.ok(k >= 1 && k <= n && k <= rules.maxTiles, `${k} of ${n}`);
    const grid = fit(W, H, k, rules);
    assert.ok(grid);
    // Whole rows may cost a few pixels: fit calls grids within 3 % of area alike.
    if (k > 1) assert.ok(grid.w >= rules.minWidth * 0.97, `${k} tiles of ${grid.w} in ${W} x ${H}`);
    if (k < n && k < rules.maxTiles && k > 1) assert.ok(grid.columns * grid.rows - k < grid.columns, 'no empty row');
  }
});

test('everybody of a usual meeting is on one page of a usual window', () => {
  assert.equal(perPage(1280, 676, 25, wide), 25);
  assert.equal(perPage(800, 476, 3, wide), 3);
  assert.equal(perPage(360, 624, 5, narrow), 5);
});

test('a shared screen and its strip lie inside and apart in 20,000 random stages', () => {
  const random = randoms(3);
  for (let round = 0; round < 20_000; round++) {
    const W = 280 + random() * 2200;
    const H = 240 + random() * 1200;
    const n = Math.floor(random() * 30);
    const { main, strip } = stage(W, H, n);
    const { pad, gap } = rulesFor(W);
    const what = `a screen and ${n} people in ${W} x ${H}`;
    assertInside(main, W, H, pad, what);
    assert.ok(strip.length <= n, what);
    assert.ok(n === 0 || strip.length > 0, `${what}: somebody is seen`);
    strip.forEach((box, i) => {
      assertInside(box, W, H, pad, what);
      assertApart(box, main, gap, what);
      for (let j = 0; j < i; j++) assertApart(box, strip[j] as Box, gap, what);
    });
  }
});

test('a low window shows two people beside a shared screen', () => {
  assert.equal(stage(740, 190, 8).strip.length, 2);
});

test('a shared screen is the largest thing on the stage', () => {
  for (const [W, H] of [[1280, 676], [360, 624], [800, 476], [1920, 960]] as const) {
    const { main, strip } = stage(W, H, 8);
    for (const box of strip) assert.ok(main.w * main.h > 2 * box.w * box.h, `${W} x ${H}`);
  }
});

const crops = [
  { name: 'a camera fills a tile of its own shape', picture: 16 / 9, box: { w: 640, h: 360 }, want: true },
  { name: 'a camera fills a 4:3 tile, which keeps three quarters', picture: 16 / 9, box: { w: 640, h: 480 }, want: true },
  { name: 'a camera is not cropped into a square', picture: 16 / 9, box: { w: 640, h: 640 }, want: false },
  { name: 'an upright camera is not cropped into a wide tile', picture: 9 / 16, box: { w: 640, h: 360 }, want: false },
  { name: 'a small tile is filled whatever the shape', picture: 16 / 9, box: { w: 170, h: 220 }, want: true },
];
for (const { name, picture, box, want } of crops) {
  test(name, () => assert.equal(covers(picture, box), want));
}
