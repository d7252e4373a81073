// Two programs that are up with each other, driven through their exports alone, in node or in a browser.

// As in package port.
const OPEN = 0x81, WELCOME = 1, JOINED = 2, RECEIVE = 5;
const READY = 1, SEND = 2, STATE = 3;
const PHASE_UP = 2;

const concat = (...parts) => {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  parts.reduce((at, p) => (out.set(p, at), at + p.length), 0);
  return out;
};
const u8 = (x) => Uint8Array.of(x);
const u16 = (x) => Uint8Array.of(x >> 8, x & 255);
const u32 = (x) => Uint8Array.of(x >>> 24, x >> 16 & 255, x >> 8 & 255, x & 255);
const bytes = (b) => concat(u32(b.length), b);
const text = (s) => bytes(new TextEncoder().encode(s));
const member = (index, announce) => concat(u16(index), bytes(announce));

/** The items of a Send, as Receive wants them: each as its bytes, its receiver apart. */
function itemsOf(report) {
  const view = new DataView(report.buffer, report.byteOffset, report.byteLength);
  const items = [];
  let at = 5;
  for (let left = view.getUint32(1); left > 0; left--) {
    const size = view.getUint32(at + 5);
    items.push({ kind: report[at], to: view.getUint16(at + 3), data: report.slice(at + 9, at + 9 + size) });
    at += 9 + size;
  }
  return items;
}

/** One program behind numbers and buffers. */
export class Side {
  constructor(go, instance, index) {
    go.run(instance); // its promise is kept only when the program ends, which it does not
    const x = instance.exports;
    Object.assign(this, { go, index, other: -1, x, in: x.input(), out: x.output(), all: new Uint8Array(), announce: null, phase: -1, sent: [] });
  }

  /** The memory; anew when it has grown, for that detaches older views. */
  memory() {
    const { buffer } = this.x.mem;
    if (this.all.buffer !== buffer) this.all = new Uint8Array(buffer);
    return this.all;
  }
  put(b) { this.memory().set(b, this.in); return b.length; }
  took(n) { return this.memory().slice(this.out, this.out + n); }

  // As www/src/sealer/program.ts does it.
  seal(stream, codec, key, frame) {
    const n = this.x.seal(stream, codec, key, this.put(frame));
    return n < 0 ? n : this.took(n);
  }
  open(kind, stream, sealed) {
    const n = this.x.open(kind, this.other << 3 | stream, this.put(sealed));
    return n < 0 ? n : this.took(n);
  }

  command(...parts) {
    const code = this.x.command(this.put(concat(...parts)));
    if (code !== 0) throw new Error(`command: ${code}`);
    this.reports();
  }
  tick(now) { this.x.tick(now); this.reports(); }

  reports() {
    for (let n = this.x.report(); n !== 0; n = this.x.report()) {
      if (n < 0) throw new Error(`report: ${n}`);
      const report = this.took(n);
      if (report[0] === READY) this.announce = report.slice(5);
      if (report[0] === SEND) this.sent.push(...itemsOf(report));
      if (report[0] === STATE) this.phase = report[1];
    }
  }
}

/** Lets two sides meet in a room. They have what derive would have made of one passphrase. */
export function meet(a, b) {
  a.other = b.index;
  b.other = a.index;
  const prs = new Uint8Array(32).fill(7);
  for (const side of [a, b]) side.command(u8(OPEN), prs, text('room'), text('passphrase'), text('example.org'));
  a.command(u8(WELCOME), u16(a.index), u32(0));
  b.command(u8(WELCOME), u16(b.index), u32(1), member(a.index, a.announce));
  a.command(u8(JOINED), member(b.index, b.announce));
  let now = 0;
  for (let quiet = 0; quiet < 3; now += 100) { // until nobody has said anything for a while
    quiet++;
    for (const [from, to] of [[a, b], [b, a]]) {
      for (const { kind, data } of from.sent.splice(0)) {
        to.command(u8(RECEIVE), u32(1), u8(kind), u16(from.index), u16(to.index), bytes(data));
        quiet = 0;
      }
      from.tick(now);
    }
    if (now > 60_000) throw new Error('they do not meet');
  }
  for (const side of [a, b]) if (side.phase !== PHASE_UP) throw new Error(`phase ${side.phase}`);
}
