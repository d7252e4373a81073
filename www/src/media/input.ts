import type { Input } from '../core/api.gen';

/** States in which a device cannot be had, whatever was chosen. */
const troubles = new Set(['denied', 'deniedSystem', 'notFound', 'busy', 'insecure', 'failed']);

export const inTrouble = (input: Input): boolean => troubles.has(input.state);

/** Whether my microphone or camera is on: chosen, and to be had. */
export const isOn = (input: Input): boolean => input.on && !inTrouble(input);
