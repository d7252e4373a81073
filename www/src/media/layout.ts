// Where tiles go: pure arithmetic on boxes in CSS pixels.

/** How tiles may look. */
export interface Rules {
  gap: number;
  pad: number;
  /** Widest and tallest a tile may be, as width / height; the picture inside covers the tile. */
  maxAspect: number;
  minAspect: number;
  /** Narrower tiles than this go to another page. */
  minWidth: number;
  maxTiles: number;
}

/** Rules for large screens and for telephones held upright. */
export const wide: Rules = { gap: 8, pad: 8, maxAspect: 16 / 9, minAspect: 4 / 3, minWidth: 176, maxTiles: 25 };
export const narrow: Rules = { gap: 6, pad: 6, maxAspect: 16 / 9, minAspect: 3 / 4, minWidth: 104, maxTiles: 12 };

/** Below this width a stage is a telephone's. */
export const narrowWidth = 600;

export const rulesFor = (width: number): Rules => (width < narrowWidth ? narrow : wide);

export interface Box {
  x: number;
  y: number;
  w: number;
  h: number;
}

/** A grid of columns x rows tiles of w x h each. */
export interface Grid {
  columns: number;
  rows: number;
  w: number;
  h: number;
}

/**
 * The grid that covers most of W x H with n tiles of one size within the rules' aspects, or null when nothing fits. Among
 * grids within 3 % of each other it takes the one with the fuller last row. O(n).
 */
export function fit(W: number, H: number, n: number, rules: Rules): Grid | null {
  const innerW = W - 2 * rules.pad;
  const innerH = H - 2 * rules.pad;
  if (n < 1 || innerW <= 0 || innerH <= 0) return null;
  let best: (Grid & { area: number; empty: number }) | null = null;
  for (let columns = 1; columns <= n; columns++) {
    const rows = Math.ceil(n / columns);
    const cellW = (innerW - (columns - 1) * rules.gap) / columns;
    const cellH = (innerH - (rows - 1) * rules.gap) / rows;
    if (cellW <= 0 || cellH <= 0) continue;
    const w = Math.min(cellW, cellH * rules.maxAspect);
    const h = Math.min(cellH, cellW / rules.minAspect);
    const area = w * h;
    const empty = columns * rows - n;
    if (!best || area > best.area * 1.03 || (area > best.area * 0.97 && empty < best.empty)) {
      best = { columns, rows, w, h, area, empty };
    }
  }
  return best && { columns: best.columns, rows: best.rows, w: best.w, h: best.h };
}

/** The places of n tiles in W x H: rows centred vertically, the last row centred horizontally. Empty when nothing fits. */
export function rects(W: number, H: number, n: number, rules: Rules): Box[] {
  const grid = fit(W, H, n, rules);
  if (!grid) return [];
  const { columns, rows, w, h } = grid;
  const top = (H - rows * h - (rows - 1) * rules.gap) / 2;
  return Array.from({ length: n }, (_, i) => {
    const row = Math.floor(i / columns);
    const inRow = row === rows - 1 ? n - row * columns : columns;
    const left = (W - inRow * w - (inRow - 1) * rules.gap) / 2;
    return { x: left + (i % columns) * (w + rules.gap), y: top + row * (h + rules.gap), w, h };
  });
}

/**
 * How many of n tiles one page of W x H holds: as many as keep the least width, and then whole rows, so that no page but
 * the last has a gap.
 */
export function perPage(W: number, H: number, n: number, rules: Rules): number {
  for (let k = Math.min(n, rules.maxTiles); k > 1; k--) {
    const grid = fit(W, H, k, rules);
    if (grid && grid.w >= rules.minWidth) return k === n ? n : Math.min(grid.columns * grid.rows, rules.maxTiles, n);
  }
  return 1;
}

/** A large picture and a strip of people beside it (wide) or under it (upright). */
export interface StageLayout {
  main: Box;
  /** Places for the strip, as many as fit and at most n. */
  strip: Box[];
}

const stripTileW = 200;
const stripMinW = 900;

/** Places for one large picture and n people in W x H. */
export function stage(W: number, H: number, n: number): StageLayout {
  const rules = rulesFor(W);
  return W >= stripMinW || W > H * 1.4 ? besideStage(W, H, n, rules) : aboveStage(W, H, n, rules);
}

function besideStage(W: number, H: number, n: number, { gap, pad }: Rules): StageLayout {
  // Low windows still show two people.
  const twoHigh = Math.max(0, ((H - 2 * pad - gap) / 2) * (16 / 9));
  const w = n > 0 ? Math.min(stripTileW, W * 0.25, twoHigh) : 0;
  const h = (w * 9) / 16;
  const main = { x: pad, y: pad, w: Math.max(0, W - 2 * pad - (n > 0 ? w + gap : 0)), h: Math.max(0, H - 2 * pad) };
  const fits = n > 0 ? Math.max(0, Math.floor((main.h + gap) / (h + gap))) : 0;
  const strip = Array.from({ length: Math.min(n, fits) }, (_, i) => ({ x: W - pad - w, y: pad + i * (h + gap), w, h }));
  return { main, strip };
}

function aboveStage(W: number, H: number, n: number, rules: Rules): StageLayout {
  const { gap, pad } = rules;
  const w = Math.max(0, W - 2 * pad);
  const h = Math.max(0, Math.min((w * 9) / 16, (H - 2 * pad) * (n > 0 ? 0.6 : 1)));
  const main = { x: pad, y: n > 0 ? pad : (H - h) / 2, w, h };
  const top = pad + h + gap - rules.pad;
  // Two rows at most: the picture above is what people look at.
  const two = { ...rules, maxTiles: Math.max(1, 2 * Math.floor((w + gap) / (rules.minWidth + gap))) };
  const k = n > 0 ? perPage(W, H - top, n, two) : 0;
  return { main, strip: rects(W, H - top, k, rules).map((box) => ({ ...box, y: box.y + top })) };
}

/** Boxes narrower than this always crop: a face between bars would be too small to see. CSS pixels. */
const alwaysCropBelow = 240;

/**
 * Whether a picture of an aspect (width / height) fills a box, cropped, or stands inside it whole: it is cropped where at
 * least three quarters of it remain, and in small boxes.
 */
export function covers(picture: number, box: { w: number; h: number }): boolean {
  const aspect = box.w / box.h;
  const kept = Math.min(picture / aspect, aspect / picture);
  // 16:9 in 4:3 keeps exactly three quarters; the arithmetic may not.
  return box.w < alwaysCropBelow || kept >= 0.75 - 1e-6;
}
