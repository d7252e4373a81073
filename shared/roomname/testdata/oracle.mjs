// Records zxcvbn 4.4.2's verdict in the last column of corpus.tsv, the oracle of TestScoreAgreesWithZxcvbn.
//
// Usage, in a folder outside the repository:
//   npm install zxcvbn@4.4.2
//   node PATH/TO/oracle.mjs ./node_modules/zxcvbn PATH/TO/corpus.tsv
//
// The file's columns: half (tune or held), kind, exempt (why product.md wants another verdict, or "-"), name (canonical),
// log10 of zxcvbn's guesses. Lines that begin with # stay as they are. zxcvbn measures years against today's, so a run
// in another year may move a last digit.
import { createRequire } from "node:module";
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";

const [library, corpus] = process.argv.slice(2);
if (!library || !corpus) {
  console.error("usage: node oracle.mjs ZXCVBN_FOLDER CORPUS_TSV");
  process.exit(2);
}
const zxcvbn = createRequire(import.meta.url)(resolve(library));
const lines = readFileSync(corpus, "utf8").trimEnd().split("\n");
const judged = lines.map((line) => {
  if (line.startsWith("#")) return line;
  const [half, kind, exempt, name] = line.split("\t");
  return [half, kind, exempt, name, zxcvbn(name).guesses_log10.toFixed(3)].join("\t");
});
writeFileSync(corpus, judged.join("\n") + "\n");
