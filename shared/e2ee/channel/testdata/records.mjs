// Makes records.json: the records of one direction of channels, from the formulas of e2ee.md, section 7, by node and OpenSSL.
// Run it in this folder: node records.mjs > records.json
import { createCipheriv, createHmac } from "node:crypto";

const ramp = (size, step = 1, start = 0) => Buffer.from(Array.from({ length: size }, (_, i) => (start + i * step) & 255));
const be = (value, size) => Buffer.from(BigInt(value).toString(16).padStart(2 * size, "0"), "hex");
const text = (s) => Buffer.from(s, "utf8");

function record(key, n, { type, body }) {
  const unit = type === 4 || type === 11 ? 256 : 64;
  const used = 3 + body.length;
  const padding = Buffer.alloc((unit - (used % unit)) % unit);
  const cipher = createCipheriv("chacha20-poly1305", key, be(n, 12), { authTagLength: 16 });
  const plain = Buffer.concat([be(type, 1), be(body.length, 2), body, padding]);
  cipher.setAAD(Buffer.concat([text("CNCL1ch"), be(n, 8)]), { plaintextLength: plain.length });
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function direction({ key, records }) {
  let k = key;
  return {
    key,
    records: records.map((r, n) => {
      const out = { type: r.type, body: r.body, record: record(k, n, r) };
      k = createHmac("sha256", k).update("Conclave E2EE v1 channel ratchet").update(be(1, 1)).digest(); // HKDF-Expand
      return out;
    }),
  };
}

const directions = [
  {
    key: ramp(32),
    records: [
      { type: 1, body: ramp(70, 3) },
      { type: 2, body: ramp(36, 5) },
      { type: 4, body: Buffer.concat([be(1, 8), be(1700000000000, 8), text("Grüße 🙂")]) },
      { type: 6, body: ramp(32, 7) },
      { type: 10, body: ramp(1) },
    ],
  },
  {
    key: Buffer.alloc(32, 0xff),
    records: [0, 1, 60, 61, 62, 125, 126].flatMap((size) => [3, 11].map((type) => ({ type, body: ramp(size, 9) }))),
  },
  { key: ramp(32, 11, 4), records: [{ type: 4, body: ramp(3837) }, { type: 3, body: ramp(4029) }] },
];

console.log(JSON.stringify({
  note: "Made by records.mjs with node and OpenSSL; not published vectors.",
  directions: directions.map(direction),
}, (_, value) => (value?.type === "Buffer" ? Buffer.from(value.data).toString("hex") : value), 1));
