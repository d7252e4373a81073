// How long a chat message may be: pure.

/** In code points; product.md, "Limits". */
export const mostCharacters = 2000;

/** In bytes of UTF-8: what one encrypted record holds (shared/e2ee/channel, MaxText). */
export const mostBytes = 3821;

const bytesOf = (text: string): number => new TextEncoder().encode(text).length;

/**
 * How many more characters fit a message; below 0: how many must go. An encrypted one is also counted in bytes: what is
 * left then supposes that the rest is written in the same letters.
 */
export function charactersLeft(text: string, encrypted: boolean): number {
  const letters = [...text];
  const left = mostCharacters - letters.length;
  if (!encrypted) return left;
  const used = bytesOf(text);
  if (used <= mostBytes) {
    const each = letters.length > 0 ? used / letters.length : 1;
    return Math.min(left, Math.floor((mostBytes - used) / each));
  }
  let bytes = 0;
  const fit = letters.findIndex((letter) => (bytes += bytesOf(letter)) > mostBytes);
  return Math.min(left, fit - letters.length);
}
