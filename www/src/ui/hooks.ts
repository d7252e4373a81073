import { useEffect, useRef, useState } from 'preact/hooks';
import { say } from '../a11y/announce';
import type { Problem } from '../core/api.gen';
import { t, type MsgKey } from '../i18n/t';
import { copy } from './clipboard';

/** The time, again every interval ms. */
export function useNow(interval: number): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), interval);
    return () => clearInterval(timer);
  }, [interval]);
  return now;
}

/** Whole seconds until a refused thing can be tried again; 0 when it can. Counts from when the problem was first seen. */
export function useCountdown(problem: Problem): number {
  const wait = problem.retryAfter ?? 0;
  const [left, setLeft] = useState(0);
  useEffect(() => {
    if (wait <= 0) return setLeft(0);
    const end = Date.now() + wait;
    const count = () => setLeft(Math.max(0, Math.ceil((end - Date.now()) / 1000)));
    count();
    const timer = setInterval(count, 250);
    return () => clearInterval(timer);
    // A new refusal is a new object; unchanged slices keep theirs.
  }, [problem, wait]);
  return left;
}

/**
 * A ref for a screen's heading: focus goes there when the screen appears, unless a field of it already has it, so that
 * people who listen hear where they are.
 */
export function useFocusOnce<T extends HTMLElement>() {
  const ref = useRef<T>(null);
  useEffect(() => {
    if (document.activeElement === document.body) ref.current?.focus();
  }, []);
  return ref;
}

/** Whether the focus is where people write: taken from there, the rest of the sentence would go elsewhere. */
export const isWriting = (): boolean => document.activeElement?.matches('input, textarea') ?? false;

const thanks = 2000; // how long "Copied" stands, ms

/**
 * Copies text: whether it just was, and what does it, which says whether it worked. failed is what people are told when it
 * did not.
 */
export function useCopy(failed: MsgKey): [copied: boolean, copy: (text: string) => Promise<boolean>] {
  const [copied, set] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => set(false), thanks);
    return () => clearTimeout(timer);
  }, [copied]);
  const take = async (text: string) => {
    const done = await copy(text);
    set(done);
    say(t(done ? 'call.copied' : failed));
    return done;
  };
  return [copied, take];
}
