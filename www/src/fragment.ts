// What stands behind the # of a room's address. Browsers keep it to themselves: that a room is encrypted, no relay can
// take out of a link. Without imports, as browsers that are too old for the rest of the page run this too (check.ts).

/**
 * Takes percent-encoding off, again and again: programs that make links of text encode what is encoded already. What is
 * no proper encoding stays as it is.
 */
function bared(text: string): string {
  const barer = decoded(text);
  return barer === text ? text : bared(barer);
}

function decoded(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (bytes) => {
    try {
      return decodeURIComponent(bytes);
    } catch {
      return bytes;
    }
  });
}

/**
 * Whether a room's link says that it is encrypted: "#e2ee", "#e2ee&k=…"; "#k=…" says the same. On their way links lose and
 * gain characters, and who follows one must not come in clear for that: whatever looks like it is taken for it.
 */
export const isEncrypted = (hash: string): boolean => /e2ee|(^|[^a-z0-9])k=/i.test(bared(hash.slice(1)));

/**
 * The passphrase in "#e2ee&k=…", percent-encoded; "" when there is none. In a damaged link it is looked for: whether it
 * is right, the others find out.
 */
export function passphraseOf(hash: string): string {
  const text = hash.slice(1);
  const found = /(?:^|&)k=([^&]*)/.exec(text) ?? loose.exec(text) ?? loose.exec(decoded(text));
  return decoded(found?.[1] ?? '');
}

const loose = /(?:^|[^a-z0-9])k=([^&]*)/i;

/**
 * Takes the passphrase out of a room's address, so that it is in no history, screenshot or shared link; that the room is
 * encrypted stays there. "": none. Whatever else might hold it goes too.
 */
export function takePassphrase(): string {
  const { hash, pathname, search } = location;
  const latches = isEncrypted(hash);
  if (latches ? hash !== '#e2ee' : /k=/i.test(bared(hash))) {
    history.replaceState(null, '', pathname + search + (latches ? '#e2ee' : ''));
  }
  return passphraseOf(hash);
}
