export interface Part {
  text: string;
  /** The text is an address to open. */
  href?: string;
}

const address = /https?:\/\/[^\s<>"]+/giu;
/** What ends a sentence rather than an address. */
const tail = /[.,;:!?'”’»]+$/u;

/** Splits what somebody wrote into plain text and web addresses. Only http and https become links. */
export function linkify(text: string): Part[] {
  const parts: Part[] = [];
  let at = 0;
  for (const match of text.matchAll(address)) {
    let found = match[0].replace(tail, '');
    // A bracket closes the address only if it was opened in it: "(see https://a.b/c)" against "https://a.b/c_(d)".
    while (found.endsWith(')') && !found.includes('(')) found = found.slice(0, -1).replace(tail, '');
    if (!URL.canParse(found)) continue;
    if (match.index > at) parts.push({ text: text.slice(at, match.index) });
    parts.push({ text: found, href: found });
    at = match.index + found.length;
  }
  if (at < text.length) parts.push({ text: text.slice(at) });
  return parts;
}
