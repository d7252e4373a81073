// Makes f001.json: frames of suite 0xF001 by OpenSSL, from the formulas of RFC 9605, sections 4.3, 4.4 and 5.1.
// Run it in this folder: node f001.mjs > f001.json
import { createCipheriv, createHmac } from "node:crypto";

const be = (value, size) => Buffer.from(BigInt(value).toString(16).padStart(2 * size, "0"), "hex");
const hmac = (key, ...parts) => parts.reduce((h, p) => h.update(p), createHmac("sha256", key)).digest();
const extract = (secret) => hmac(Buffer.alloc(32), secret);
const expand = (prk, info, size) => hmac(prk, info, be(1, 1)).subarray(0, size); // size is at most 32: one block

function field(value) {
  if (value < 8n) return { bits: Number(value), bytes: Buffer.alloc(0), extended: 0 };
  const size = Math.ceil(value.toString(16).length / 2);
  return { bits: size - 1, bytes: be(value, size), extended: 8 };
}

function header(kid, ctr) {
  const k = field(kid), c = field(ctr);
  return Buffer.concat([be((k.extended | k.bits) << 4 | c.extended | c.bits, 1), k.bytes, c.bytes]);
}

function frame([kid, ctr, base, metadata, pt]) {
  const suite = 0xf001;
  const secret = extract(base);
  const label = (text) => Buffer.concat([Buffer.from(text), be(kid, 8), be(suite, 2)]);
  const key = expand(secret, label("SFrame 1.0 Secret key "), 32);
  const salt = expand(secret, label("SFrame 1.0 Secret salt "), 12);
  const count = be(ctr, 12);
  const nonce = Buffer.from(salt.map((b, i) => b ^ count[i]));
  const head = header(kid, ctr);
  const cipher = createCipheriv("chacha20-poly1305", key, nonce, { authTagLength: 16 });
  cipher.setAAD(Buffer.concat([head, metadata]), { plaintextLength: pt.length });
  const ct = Buffer.concat([head, cipher.update(pt), cipher.final(), cipher.getAuthTag()]);
  const hex = (b) => b.toString("hex");
  return {
    cipher_suite: suite, kid: Number(kid), ctr: Number(ctr), base_key: hex(base), sframe_salt: hex(salt),
    metadata: hex(metadata), nonce: hex(nonce), pt: hex(pt), ct: hex(ct),
  };
}

const ramp = (size, step = 1, start = 0) => Buffer.from(Array.from({ length: size }, (_, i) => (start + i * step) & 255));
const text = (s) => Buffer.from(s, "latin1");
const keys = [ramp(32), ramp(32, 7, 3), Buffer.alloc(32, 0xff)];

const frames = [
  [0n, 0n, keys[0], text(""), text("")],
  [0n, 0n, keys[1], text("CNCL1\x00"), ramp(1)],
  [7n, 7n, keys[0], text("CNCL1\x00"), ramp(15)],
  [8n, 8n, keys[0], text("CNCL1\x00"), ramp(16)],
  [0x123n, 255n, keys[1], text("CNCL1\x01\x31"), ramp(17, 3)],
  [0x800n, 256n, keys[1], text("CNCL1\xf1\x30"), ramp(63, 5)],
  [0xffffn, 65535n, keys[2], text("CNCL1\xf1\x08"), ramp(64, 7)],
  [0x10000n, 65536n, keys[2], text("CNCL1\x0a\x10\x02\x00\x9d\x01\x2a\x80\x02\xe0\x01"), ramp(65, 11)],
  [0x7fffbffn, 2n ** 32n, keys[0], text("CNCL1\x00"), ramp(128, 13)],
  [0x7fffbffn, 2n ** 40n - 1n, keys[2], text("CNCL1\x00"), ramp(255, 17)],
  [0x100n, 1n, keys[0], ramp(200), ramp(1200, 19)],
  [2n ** 53n - 1n, 2n ** 53n - 1n, keys[1], text("far"), ramp(33)],
];

console.log(JSON.stringify({
  note: "Made by f001.mjs with node and OpenSSL; not published vectors.",
  sframe: frames.map(frame),
  ratchet: keys.map((base) => ({
    base_key: base.toString("hex"),
    next_base_key: expand(extract(base), "SFrame 1.0 Ratchet", 32).toString("hex"),
  })),
}, null, 1));
