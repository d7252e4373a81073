import { useEffect, useRef } from 'preact/hooks';
import { placeNow, shortcut, type Action } from '../a11y/shortcuts';
import type { Me } from '../core/api.gen';
import { useCore } from '../core/context';

/** Calls act for every single-key shortcut that is pressed outside of fields and dialogs. */
export function useShortcuts(act: (action: Action) => void): void {
  const latest = useRef(act);
  latest.current = act;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const action = shortcut(event, placeNow());
      if (!action) return;
      event.preventDefault();
      latest.current(action);
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, []);
}

/** M and V before the meeting. */
export function useInputShortcuts(me: Me): void {
  const core = useCore();
  useShortcuts((action) => {
    if (action === 'mic') void core.dispatch({ t: 'mic', on: !me.mic.on });
    else if (action === 'cam') void core.dispatch({ t: 'cam', on: !me.cam.on });
  });
}
