import { createContext } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';
import type { View } from './api.gen';
import type { Core, Engine } from './core';

const CoreContext = createContext<Core | null>(null);

export const CoreProvider = CoreContext.Provider;

/** The core; only inside a CoreProvider. */
export function useCore(): Core {
  const core = useContext(CoreContext);
  if (!core) throw new Error('no CoreProvider above');
  return core;
}

/** The snapshot and the engine's state, again after every change. */
export function useSnapshot(core: Core): { view: View; engine: Engine } {
  const [snapshot, set] = useState(() => ({ view: core.state(), engine: core.engine() }));
  useEffect(() => {
    const update = () => set({ view: core.state(), engine: core.engine() });
    update();
    return core.subscribe(update);
  }, [core]);
  return snapshot;
}
