// Makes handshake.json: whole handshakes, from the formulas of e2ee.md, section 6, and of draft-irtf-cfrg-cpace-21, by node
// and OpenSSL (X25519, HKDF, HMAC, SHA). Elligator2 is written out below. OpenSSL 3.0 has no ML-KEM: the cases of kem.json
// are from C2SP/wycheproof @dac1dd4 (Apache-2.0); OpenSSL 4.0 agrees with them.
// Run it in this folder: node handshake.mjs > handshake.json
import { createHash, createHmac, createPrivateKey, createPublicKey, diffieHellman } from "node:crypto";
import { readFileSync } from "node:fs";

const text = (s) => Buffer.from(s, "utf8");
const be16 = (n) => Buffer.from([n >> 8, n & 255]);
const ramp = (size, step = 1, start = 0) => Buffer.from(Array.from({ length: size }, (_, i) => (start + i * step) & 255));
const hash = (name, ...parts) => parts.reduce((h, p) => h.update(p), createHash(name)).digest();
const hmac = (key, ...parts) => parts.reduce((h, p) => h.update(p), createHmac("sha256", key)).digest();
const expand = (prk, info) => hmac(prk, info, Buffer.from([1])); // 32 bytes: one block (RFC 5869, section 2.3)

// lv_cat
function leb128(n) {
  const out = [];
  for (; n > 127; n >>= 7) out.push((n & 127) | 128);
  return Buffer.from([...out, n]);
}
const lv = (...parts) => Buffer.concat(parts.flatMap((p) => [leb128(p.length), p]));

// X25519 by OpenSSL
function x25519(scalar, point) {
  const pkcs8 = Buffer.concat([Buffer.from("302e020100300506032b656e04220420", "hex"), scalar]);
  const privateKey = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
  if (!point) {
    return createPublicKey(privateKey).export({ format: "der", type: "spki" }).subarray(12);
  }
  const spki = Buffer.concat([Buffer.from("302a300506032b656e032100", "hex"), point]);
  return diffieHellman({ privateKey, publicKey: createPublicKey({ key: spki, format: "der", type: "spki" }) });
}

// Elligator2 of the draft, with big numbers
const q = 2n ** 255n - 19n, A = 486662n;
const mod = (n) => ((n % q) + q) % q;
function power(base, exponent) {
  let out = 1n;
  for (let b = mod(base), e = exponent; e > 0n; e >>= 1n, b = mod(b * b)) if (e & 1n) out = mod(out * b);
  return out;
}
function elligator2(u) {
  const v = mod(-A * power(1n + 2n * u * u, q - 2n));
  const square = power(v * v * v + A * v * v + v, (q - 1n) / 2n) === 1n;
  return square ? v : mod(-v - A);
}
const littleEndian = (b) => BigInt("0x" + Buffer.from(b).reverse().toString("hex"));
const point = (n) => Buffer.from(n.toString(16).padStart(64, "0"), "hex").reverse();

function generator(prs, ci, sid) {
  const label = text("CPace255");
  const pad = Math.max(0, 128 - lv(prs).length - lv(label).length - 1);
  const u = hash("sha512", lv(label, prs, Buffer.alloc(pad), ci, sid)).subarray(0, 32);
  u[31] &= 127;
  return point(elligator2(mod(littleEndian(u))));
}

function handshake({ realm, room, epoch, prs, i, r, kem }) {
  for (const side of [i, r]) side.id = x25519(side.secret);
  const announce = (side) => Buffer.concat([Buffer.from([1, 1, 0xf0, 0x01]), side.id, side.nonce]);
  const party = (side) => lv(be16(side.index), side.id, side.nonce);
  const ci = lv(text("Conclave E2EE v1"), text(realm), text(room), party(i), party(r));
  const sid = hash("sha256", lv(text("Conclave E2EE v1 sid"), i.nonce, r.nonce));
  const g = generator(prs, ci, sid);

  const offer = Buffer.from([1, epoch, 0xf0, 0x01]);
  const [yI, yR] = [x25519(i.scalar, g), x25519(r.scalar, g)];
  const [adI, adR] = [lv(offer, kem.ek), lv(offer, kem.ct)];

  const k = x25519(i.scalar, yR);
  if (!k.equals(x25519(r.scalar, yI))) throw new Error("CPace");
  const isk = hash("sha512", lv(text("CPace255_ISK"), sid, k), lv(yI, adI), lv(yR, adR));
  const dh = x25519(i.secret, r.id);
  if (!dh.equals(x25519(r.secret, i.id))) throw new Error("dh");

  const th = hash("sha256", lv(text("Conclave E2EE v1 hs"), ci, sid, yI, adI, yR, adR));
  const prk = hmac(th, isk, dh, kem.key); // HKDF-Extract
  const key = (name) => expand(prk, text("Conclave E2EE v1 " + name));
  const tagR = hmac(key("confirm R"), th);
  const tagI = hmac(key("confirm I"), th, tagR);
  return {
    realm, room, epoch, prs, kem: { seed: kem.seed, m: kem.m },
    i: { index: i.index, secret: i.secret, nonce: i.nonce, scalar: i.scalar, announce: announce(i) },
    r: { index: r.index, secret: r.secret, nonce: r.nonce, scalar: r.scalar, announce: announce(r) },
    hs1: Buffer.concat([yI, adI]), hs2: Buffer.concat([yR, adR, tagR]), tag: tagI,
    transcript: th, initiatorToResponder: key("channel I>R"), responderToInitiator: key("channel R>I"),
  };
}

const kems = JSON.parse(readFileSync("kem.json", "utf8")).map((c) =>
  Object.fromEntries(["seed", "m", "ek", "ct", "key"].map((name) => [name, Buffer.from(c[name], "hex")])),
);
const side = (index, n) => ({
  index, secret: ramp(32, 3, n), nonce: ramp(16, 5, n + 1), scalar: ramp(32, 7, n + 2),
});

const cases = [
  { realm: "meet.example", room: "standup", epoch: 0, prs: ramp(32), i: side(2, 10), r: side(1, 20), kem: kems[0] },
  { realm: "meet.example", room: "été-конференция", epoch: 255, prs: ramp(32, 11, 5), i: side(65535, 30), r: side(0, 40), kem: kems[1] },
  { realm: "r".repeat(127), room: "s".repeat(128), epoch: 7, prs: Buffer.alloc(32, 255), i: side(256, 50), r: side(255, 60), kem: kems[0] },
  { realm: "", room: "", epoch: 1, prs: ramp(32, 0, 1), i: side(1, 70), r: side(0, 80), kem: kems[1] },
];

console.log(JSON.stringify({
  note: "Made by handshake.mjs with node and OpenSSL; not published vectors.",
  handshakes: cases.map(handshake),
}, (_, value) => (value?.type === "Buffer" ? Buffer.from(value.data).toString("hex") : value), 1));
