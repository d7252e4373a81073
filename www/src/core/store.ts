// What the browser remembers for the core. Everything lies under one prefix: a seat's resume token in this tab only, the
// rest in this browser. Where storage is denied (private windows, blocked cookies) nothing is remembered and nothing fails.

const prefix = 'conclave.v1.';

/** Keys that belong to this tab. */
const ofTab = (key: string): boolean => key.startsWith('resume:');

function area(key: string): Storage {
  return ofTab(key) ? sessionStorage : localStorage;
}

export function get(key: string): string | null {
  try {
    return area(key).getItem(prefix + key);
  } catch {
    return null;
  }
}

/** Remembers value; an empty one is forgotten. */
export function set(key: string, value: string): void {
  try {
    if (value === '') area(key).removeItem(prefix + key);
    else area(key).setItem(prefix + key, value);
  } catch {
    // Denied or full: the choice holds for this visit only.
  }
}

/** Everything remembered, as one JSON object. */
export function stored(): string {
  const all: Record<string, string> = {};
  for (const which of ['localStorage', 'sessionStorage'] as const) {
    try {
      const storage = window[which];
      for (let i = 0; i < storage.length; i++) {
        const key = storage.key(i);
        if (key?.startsWith(prefix)) all[key.slice(prefix.length)] = storage.getItem(key) ?? '';
      }
    } catch {
      // Denied.
    }
  }
  return JSON.stringify(all);
}
