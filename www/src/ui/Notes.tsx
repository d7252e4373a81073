import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { say } from '../a11y/announce';
import type { Note } from '../core/api.gen';
import { useCore } from '../core/context';
import { errorText } from '../i18n/t';
import { play } from '../media/sounds';
import { crowdText, gather, noteText, type Crowd, type Tone } from './noteText';

/** How long a toast stays, ms. */
const stay = { info: 5000, warn: 5000, error: 10000 };
const atMost = 3;
/** Comings and goings within this time become one sentence, ms. */
const together = 2000;

interface Toast {
  id: number;
  tone: Tone;
  text: string;
}

/** Shows the core's passing messages as toasts, and says announcements to people who listen. */
export function Notes() {
  const core = useCore();
  const [toasts, set] = useState<readonly Toast[]>([]);
  const box = useRef<HTMLDivElement>(null);
  const last = toasts.at(-1)?.id;
  // Shown last, it lies over a dialog that was opened before; browsers without popovers show toasts below.
  useLayoutEffect(() => {
    const element = box.current;
    if (last === undefined || !element?.showPopover) return;
    element.showPopover();
    return () => element.hidePopover();
  }, [last]);
  useEffect(() => {
    let last = 0;
    let crowds: Crowd[] = [];
    const toast = (note: Note) => {
      const id = ++last;
      const tone = note.tone ?? 'info';
      const text = noteText(note.key, note.params) ?? errorText({ code: note.key });
      set((shown) => [...shown.filter((other) => other.text !== text), { id, tone, text }].slice(-atMost));
      setTimeout(() => set((shown) => shown.filter((other) => other.id !== id)), stay[tone]);
    };
    const announce = (note: Note) => {
      const first = crowds.length === 0;
      if (gather(crowds, note)) {
        if (!first) return;
        setTimeout(() => {
          crowds.forEach((crowd) => say(crowdText(crowd)));
          crowds = [];
        }, together);
        return;
      }
      const text = noteText(note.key, note.params);
      if (text) say(text, note.loud);
      // What was told loudly as trouble is shown when it is over.
      if (note.key === 'call.back') toast(note);
    };
    return core.on((note) => {
      if (note.t === 'toast') toast(note);
      else if (note.t === 'announce') announce(note);
      else play(note.key);
    });
  }, [core]);
  return (
    <div class="toasts" role="status" popover="manual" ref={box}>
      {toasts.map((toast) => (
        <p key={toast.id} class={`toast ${toast.tone}`}>
          {toast.text}
        </p>
      ))}
    </div>
  );
}
