// Makes code.json: security codes and digests from the formulas of e2ee.md, 9.2, with OpenSSL's hashes.
// Run it in this folder: node code.mjs > code.json
import { createHash } from "node:crypto";

const hash = (name, ...parts) => parts.reduce((h, b) => h.update(b), createHash(name)).digest();
const length = (n) => n < 128 ? [n] : [(n & 127) | 128, ...length(n >> 7)];
const cat = (...parts) => Buffer.concat(parts.flatMap((b) => [Buffer.from(length(b.length)), b]));

function code([realm, room, ids]) {
  const text = [realm, room].map((s) => Buffer.from(s, "utf8"));
  const input = cat(Buffer.from("Conclave E2EE v1 security code"), ...text, ...ids.toSorted(Buffer.compare));
  const digest = hash("sha256", input);
  let h = hash("sha512", input);
  for (let i = 0; i < 5200; i++) h = hash("sha512", h, digest);
  const groups = [0, 1, 2, 3, 4, 5].map((i) => String(h.readUIntBE(5 * i, 5) % 100000).padStart(5, "0"));
  return { realm, room, ids: ids.map((b) => b.toString("hex")), digest: digest.toString("hex"), code: groups.join(" ") };
}

const id = (i) => hash("sha256", `member ${i}`);
const people = (n, first = 0) => Array.from({ length: n }, (_, i) => id(first + i));
const same = (b) => Buffer.alloc(32, b);

console.log(JSON.stringify([
  ["meet.example", "standup", people(1)],
  ["meet.example", "standup", people(2)],
  ["meet.example", "standup", people(3)],
  ["meet.example", "standup", people(50)],
  ["meet.example", "café-réunion", people(3)],
  ["", "", []],
  ["a".repeat(128), "b".repeat(127), people(2, 9)],
  ["meet.example:8443", "конференция", people(4, 20)],
  // The order is one of bytes without a sign.
  ["meet.example", "standup", [same(0xff), same(0x80), same(0x7f), same(0)]],
  // Each found by trying: some group begins with zeros.
  ...Array.from({ length: 40 }, (_, i) => ["zeros", String(i), people(1)]).map((c) => [c, code(c).code])
    .filter(([, text]) => / 00|^00/.test(text)).map(([c]) => c).slice(0, 2),
].map(code), null, 1));
