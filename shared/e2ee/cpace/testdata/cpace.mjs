// Makes cpace.json: exchanges of CPACE-X25519-SHA512 from the formulas of draft-irtf-cfrg-cpace and RFC 9380, section
// 6.7.1. The field arithmetic is JavaScript's big integers; SHA-512 and X25519 are OpenSSL's.
// Run it in this folder: node cpace.mjs > cpace.json
import { createHash, createPrivateKey, createPublicKey, diffieHellman } from "node:crypto";

const p = 2n ** 255n - 19n, A = 486662n;
const mod = (x) => ((x % p) + p) % p;
const pow = (x, n) => { let r = 1n; for (x = mod(x); n > 0n; n >>= 1n, x = mod(x * x)) if (n & 1n) r = mod(r * x); return r; };
const number = (b) => BigInt("0x" + Buffer.from(b).reverse().toString("hex"));
const little = (x) => Buffer.from(x.toString(16).padStart(64, "0"), "hex").reverse();

const sha512 = (...parts) => parts.reduce((h, b) => h.update(b), createHash("sha512")).digest();
const size = (n) => n < 128 ? [n] : [(n & 127) | 128, ...size(n >> 7)];
const cat = (...parts) => Buffer.concat(parts.flatMap((b) => [Buffer.from(size(b.length)), b]));

function map(r) {
  const x = number(r) & (2n ** 255n - 1n);
  const w = mod(-A * pow(1n + 2n * x * x, p - 2n));
  const square = pow(w ** 3n + A * w * w + w, (p - 1n) / 2n) === 1n;
  return little(square ? w : mod(-w - A));
}

// OpenSSL takes raw keys only with what PKCS 8 and X.509 put before them.
const secret = (b) => createPrivateKey({ key: Buffer.concat([Buffer.from("302e020100300506032b656e04220420", "hex"), b]), format: "der", type: "pkcs8" });
const point = (b) => createPublicKey({ key: Buffer.concat([Buffer.from("302a300506032b656e032100", "hex"), b]), format: "der", type: "spki" });
const multiply = (scalar, u) => diffieHellman({ privateKey: secret(scalar), publicKey: point(u) });

function exchange([prs, ci, sid, a, b, ada, adb]) {
  const head = cat(text("CPace255"), prs);
  const g = map(sha512(head, cat(Buffer.alloc(Math.max(0, 127 - head.length)), ci, sid)).subarray(0, 32));
  const ya = multiply(a, g), yb = multiply(b, g), k = multiply(a, yb);
  if (!k.equals(multiply(b, ya))) throw new Error("the sides disagree");
  const isk = sha512(cat(text("CPace255_ISK"), sid, k), cat(ya, ada), cat(yb, adb));
  return hex({ PRS: prs, CI: ci, sid, ya: a, yb: b, ADa: ada, ADb: adb, g, Ya: ya, Yb: yb, ISK_IR: isk });
}

const hex = (o) => Object.fromEntries(Object.entries(o).map(([k, v]) => [k, v.toString("hex")]));
const text = (s) => Buffer.from(s, "utf8");
const ramp = (n, step, start) => Buffer.from(Array.from({ length: n }, (_, i) => (start + i * step) & 255));
const hash = (s) => createHash("sha256").update(s).digest();

const exchanges = [
  [text(""), text(""), text(""), ramp(32, 1, 0), ramp(32, 3, 1), text(""), text("")],
  [hash("prs"), text("Conclave E2EE v1"), hash("sid"), hash("a"), hash("b"), text("ADa"), text("ADb")],
  [hash("prs"), ramp(127, 1, 0), hash("sid"), hash("b"), hash("a"), ramp(128, 1, 0), ramp(1200, 7, 5)],
  // The padding shrinks to nothing at 117 bytes of secret, and the secret's length takes two bytes at 128.
  [ramp(116, 1, 0), ramp(128, 1, 0), ramp(16, 1, 9), hash("c"), hash("d"), ramp(1, 0, 0), ramp(0)],
  [ramp(117, 1, 0), ramp(128, 1, 0), ramp(16, 1, 9), hash("c"), hash("d"), ramp(1, 0, 0), ramp(0)],
  [ramp(118, 1, 0), ramp(300, 1, 0), ramp(16, 1, 9), hash("c"), hash("d"), ramp(1, 0, 0), ramp(0)],
  [ramp(128, 1, 0), ramp(5, 1, 0), ramp(200, 1, 9), hash("e"), hash("f"), ramp(127, 0, 0), ramp(1173, 1, 0)],
  [ramp(300, 1, 0), ramp(5, 1, 0), ramp(64, 1, 9), hash("g"), hash("h"), ramp(127, 0, 0), ramp(128, 1, 0)],
  ...Array.from({ length: 8 }, (_, i) => [hash(`prs ${i}`), text(`ci ${i}`), hash(`sid ${i}`), hash(`ya ${i}`), hash(`yb ${i}`), text(`ad ${i}`), hash(`ad ${i}`)]),
];
// Numbers that are special to the map or to the field: 0, 1, -1, not reduced, bit 255 set.
const numbers = [0n, 1n, 2n, p - 1n, p, p + 1n, 2n ** 255n - 1n, 2n ** 255n, 2n ** 255n + 1n, 2n ** 256n - 1n, A, p - A].map(little)
  .concat(Array.from({ length: 20 }, (_, i) => hash(`number ${i}`)));
// Points of low order (0, ±1, the two of order 8), their other spellings, and ordinary ones that look like them. OpenSSL
// says which are refused.
const eight = [
  325606250916557431795983626356110631294008115727848805560023387167927233504n,
  39382357235489614581723060781553021112529911719440698176882885853963445705823n,
];
const points = [0n, 1n, p - 1n, p, p + 1n, ...eight, 2n, p - 2n, p + 2n, 2n ** 255n - 1n, 2n ** 255n + 2n, ...eight.map((u) => u + 1n)]
  .flatMap((u) => u < 2n ** 255n ? [u, u + 2n ** 255n] : [u]).map(little).map((y) => {
    try {
      multiply(hash("y"), y);
      return { y: y.toString("hex"), refused: false };
    } catch {
      return { y: y.toString("hex"), refused: true };
    }
  });

console.log(JSON.stringify({ exchanges: exchanges.map(exchange), map: numbers.map((r) => hex({ r, u: map(r) })), points }, null, 1));
