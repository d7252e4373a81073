// Runs the built program as the page's worker does, without a file system or arguments, and checks it from outside.
// node sealer.mjs WASM_EXEC_JS SEALER_WASM CASE [SIZE]: prints a figure, or ends with status 1 and a reason.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import vm from "node:vm";
import { Side, meet } from "./pair.mjs";

const [wasmExec, program, wanted, size] = process.argv.slice(2);

// As in main.go.
const MIC = 0, CAMERA = 1, SCREEN = 2, SCREEN_AUDIO = 3;
const OPUS = 1, VP8 = 2, VP9 = 3, AV1 = 4;
const AUDIO = 1, VIDEO = 2;
const MALFORMED = -2, REPLAY = -5, SOURCE = -22, INTERNAL = -99;

const streams = { [OPUS]: [MIC, SCREEN_AUDIO], [VP8]: [CAMERA, SCREEN], [VP9]: [CAMERA, SCREEN], [AV1]: [CAMERA, SCREEN] };
const SENDER = 5, RECEIVER = 6;

// Two programs that have met: frames of the one are opened by the other.
async function start() {
  vm.runInThisContext(readFileSync(wasmExec, "utf8"), { filename: "wasm_exec.js" });
  const module = await WebAssembly.compile(readFileSync(program));
  const run = async (index) => {
    const go = new globalThis.Go();
    return new Side(go, await WebAssembly.instantiate(module, go.importObject), index);
  };
  const from = await run(SENDER), to = await run(RECEIVER);
  meet(from, to);
  return { from, to };
}

// A small generator with a seed, so that a failure repeats itself (mulberry32).
function random(seed) {
  return () => {
    seed = seed + 0x6d2b79f5 | 0;
    let t = Math.imul(seed ^ seed >>> 15, 1 | seed);
    t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t;
    return ((t ^ t >>> 14) >>> 0) / 2 ** 32;
  };
}

const frameOf = (size, first) => Uint8Array.from({ length: size }, (_, i) => i === 0 ? first : i * 31 + size & 255);

// A depacketiser gives AV1's made-up OBU a size field.
function sized(sealed) {
  const size = [];
  for (let n = sealed.length - 1; ; n >>= 7) {
    size.push(n > 127 ? n & 127 | 128 : n);
    if (n <= 127) break;
  }
  return Uint8Array.from([sealed[0] | 2, ...size, ...sealed.subarray(1)]);
}

// Packets of sound get padding within (RFC 6716, section 3.2.5); sound of two equal frames, as frameOf makes it.
function unpadded(packet, first) {
  if (first === undefined || (packet[0] & 3) !== 3) return packet;
  let at = 2, padding = 0;
  if (packet[1] & 0x40) {
    for (; packet[at] === 255; at++) padding += 254;
    padding += packet[at++];
  }
  return Uint8Array.of(first, ...packet.subarray(at, packet.length - padding));
}

function* everyFrame(sizes) {
  for (const codec of [OPUS, VP8, VP9, AV1]) {
    for (const stream of streams[codec]) {
      for (const key of codec === OPUS ? [0] : [0, 1]) {
        const first = codec === VP8 && key ? 0x10 : 0x31;
        for (const size of sizes) {
          if (codec === VP8 && key && size < 10) continue;
          yield { codec, stream, key, kind: codec === OPUS ? AUDIO : VIDEO, frame: frameOf(size, first) };
        }
      }
    }
  }
}

const cases = {
  async frames({ from, to }) {
    const sizes = [127, 128, 1199, 1200, 1201, 16_383, 16_384, 65_535, 65_536, 99_999, 100_000];
    for (let n = 1; n <= 80; n++) sizes.push(n);
    for (let n = 3000; n < 100_000; n += 19_973) sizes.push(n);
    let count = 0;
    for (const { codec, stream, key, kind, frame } of everyFrame(sizes)) {
      const what = `codec ${codec}, stream ${stream}, key ${key}, ${frame.length} bytes`;
      const sealed = from.seal(stream, codec, key, frame);
      assert.ok(sealed instanceof Uint8Array, `${what}: ${sealed}`);
      const padded = to.open(kind, stream, codec === AV1 ? sized(sealed) : sealed);
      assert.ok(padded instanceof Uint8Array, `${what}: ${padded}`);
      assert.ok(sealed.length - padded.length >= 20 && sealed.length - padded.length <= 23, what);
      const opened = unpadded(padded, codec === OPUS ? frame[0] : undefined);
      assert.equal(Buffer.compare(opened, frame), 0, what);
      assert.equal(to.x.sender() >> 8, SENDER << 3 | stream, what);
      count++;
    }
    for (const codec of [OPUS, VP8, VP9, AV1]) {
      assert.equal(from.seal(streams[codec][0], codec, 0, new Uint8Array(0)), MALFORMED, "an empty frame");
    }
    return `${count} frames of up to 100 kB`;
  },

  async changes({ from, to }) {
    let count = 0;
    for (const { codec, stream, key, kind, frame } of everyFrame([1, 2, 16, 40])) {
      const sealed = from.seal(stream, codec, key, frame);
      for (let i = 0; i < sealed.length; i++) {
        for (let bit = 0; bit < 8; bit++) {
          // The one bit that depacketisers set themselves makes the bytes after it a size, which is wrong.
          sealed[i] ^= 1 << bit;
          for (const k of [AUDIO, VIDEO]) {
            let code = to.open(k, stream, sealed);
            if (code === SOURCE) code = to.x.open(k, to.x.sender() >> 8, to.put(sealed)); // wanted from there, too
            assert.ok(code < 0, `codec ${codec}, byte ${i}, bit ${bit}`);
          }
          sealed[i] ^= 1 << bit;
          count++;
        }
        assert.ok(to.open(kind, stream, sealed.subarray(0, i)) < 0, `codec ${codec}, the first ${i} bytes`);
      }
      assert.deepEqual(unpadded(to.open(kind, stream, sealed), codec === OPUS ? frame[0] : undefined), frame, "untouched it opens");
      assert.equal(to.open(kind, stream, sealed), REPLAY, "once");
    }
    return `${count} changed bits`;
  },

  async garbage({ from, to }) {
    const rnd = random(20);
    const odd = [undefined, null, NaN, Infinity, -Infinity, -1, 0, 1, 2, 3, 4, 5, 255, 256, 65_535, 65_536, 2 ** 21, 2 ** 21 + 1,
      2 ** 27, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, -(2 ** 31), 1e300, "7", {}, []];
    const any = () => odd[Math.floor(rnd() * odd.length)];
    const calls = ["input", "output", "capacity", "maxFrame", "seal", "open", "sender", "drop", "command", "report", "deadline", "derive"];
    for (let i = 0; i < 40_000; i++) {
      if (i === 30_000) {
        assert.deepEqual(to.open(AUDIO, MIC, from.seal(MIC, OPUS, 0, frameOf(80, 1))), frameOf(80, 1), "it still works");
        calls.push("tick"); // only now: after a jump in time the others are gone
      }
      const bytes = Uint8Array.from({ length: rnd() * 64 }, () => rnd() < 0.3 ? [0, 1, 8, 10, 0x28, 0x30, 0xf1][Math.floor(rnd() * 7)] : rnd() * 256);
      to.put(bytes);
      const name = calls[Math.floor(rnd() * calls.length)];
      const args = rnd() < 0.5 ? [any(), any(), any(), any()]
        : name === "open" ? [1 + Math.floor(rnd() * 2), SENDER << 3 | Math.floor(rnd() * 4), bytes.length]
        : name === "seal" ? [Math.floor(rnd() * 4), 1 + Math.floor(rnd() * 4), Math.floor(rnd() * 2), bytes.length]
        : [name === "command" || name === "derive" ? bytes.length : Math.floor(rnd() * 2 ** 14)];
      const code = to.x[name](...args);
      assert.equal(typeof code, name === "drop" || name === "tick" ? "undefined" : "number", `${name}(${args.map(String)})`);
      assert.notEqual(code, INTERNAL, `${name}(${args.map(String)})`);
      assert.ok(!to.go.exited, `${name}(${args.map(String)}) ended the program`);
    }
    return "40000 calls";
  },

  async memory({ from, to }) {
    const kinds = [[MIC, OPUS, AUDIO, 80], [CAMERA, VP8, VIDEO, 1200], [SCREEN, VP9, VIDEO, 4000], [CAMERA, AV1, VIDEO, 4000]];
    const once = (i) => {
      const [stream, codec, kind, size] = kinds[i % kinds.length];
      const n = from.x.seal(stream, codec, 0, size);
      assert.ok(n > 0);
      to.put(from.took(n));
      assert.equal(to.x.open(kind, SENDER << 3 | stream, n), size);
    };
    from.memory()[from.in] = 0x31; // no VP8 key frame
    for (let i = 0; i < 100; i++) once(i);
    const before = [from.x.mem.buffer, to.x.mem.buffer];
    for (let i = 0; i < 10_000; i++) once(i);
    assert.equal(from.x.mem.buffer, before[0], "memory that grows gets another buffer");
    assert.equal(to.x.mem.buffer, before[1]);
    return `${before[0].byteLength / 2 ** 20} MiB before and after 10000 frames`;
  },

  async speed({ from, to }) {
    const frame = frameOf(Number(size), 1);
    const once = () => to.open(AUDIO, MIC, from.seal(MIC, OPUS, 0, frame)).length;
    const rounds = Math.ceil(2e6 / (frame.length + 400));
    for (let i = 0; i < rounds; i++) assert.equal(once(), frame.length);
    const begin = performance.now();
    for (let i = 0; i < rounds; i++) once();
    return (performance.now() - begin) * 1000 / rounds;
  },
};

const failed = (reason) => { console.error(reason); process.exit(1); };
process.on("uncaughtException", failed);
process.on("unhandledRejection", failed);
assert.ok(wanted in cases, wanted);
console.log(await cases[wanted](await start()));
process.exit(0); // the program waits for calls for ever
