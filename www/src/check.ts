// Runs before anything else, in every browser: says on <html> whether this browser can hold a meeting, and which theme
// is wanted, so that neither needs the rest of the page. Plain old syntax; the texts are in index.tmpl.html.
// An IIFE by the bundler; nothing is exported.
import { takePassphrase } from './fragment';

const root = document.documentElement;
if (typeof WebAssembly !== 'object' || typeof RTCPeerConnection !== 'function' || !('noModule' in HTMLScriptElement.prototype)) {
  root.className = 'too-old';
} else if (!isSecureContext) {
  root.className = 'insecure';
}
root.setAttribute('data-theme', matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark');

// Nobody will use the passphrase of a link here; in the address bar it would stay for all to see.
if (root.className) takePassphrase();
