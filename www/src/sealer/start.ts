// Starts workers under the site's Content-Security-Policy, in the page and in the worker itself.

interface Policy {
  createScriptURL(url: string): string;
}

interface Policies {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): Policy;
}

let policy: Policy | undefined;

/** Only files of the site become scripts. */
function own(url: string): string {
  const { origin, pathname } = new URL(url, location.href);
  if (origin !== location.origin || !pathname.startsWith('/_/assets/')) throw new TypeError(`no script of this site: ${url}`);
  return url;
}

/** The address as the policy wants it, which lets a name be used once; browsers without trusted types take it as it is. */
function trusted(url: string): string {
  const { trustedTypes } = globalThis as { trustedTypes?: Policies };
  policy ??= trustedTypes?.createPolicy('conclave', { createScriptURL: own });
  return policy?.createScriptURL(url) ?? own(url);
}

/** A worker that runs a script of the site. It throws where the browser starts none. */
export function startWorker(url: string, name: string): Worker {
  return new Worker(trusted(url), { name });
}
