import type { Input } from '../core/api.gen';
import type { MsgKey } from '../i18n/t';

export interface Trouble {
  title: MsgKey;
  help: MsgKey;
  /** Whether asking again can help. */
  retry: boolean;
}

/** Titles by cause: of both devices, of the camera alone, of the microphone alone. */
const causes: Readonly<Record<string, { both: MsgKey; cam: MsgKey; mic: MsgKey; help: MsgKey; retry: boolean }>> = {
  insecure: {
    both: 'devices.insecure',
    cam: 'devices.insecure',
    mic: 'devices.insecure',
    help: 'devices.insecureHelp',
    retry: false,
  },
  deniedSystem: {
    both: 'devices.system',
    cam: 'devices.system',
    mic: 'devices.system',
    help: 'devices.systemHelp',
    retry: true,
  },
  denied: {
    both: 'devices.denied',
    cam: 'devices.deniedCam',
    mic: 'devices.deniedMic',
    help: 'devices.deniedHelp',
    retry: true,
  },
  busy: { both: 'devices.busyCam', cam: 'devices.busyCam', mic: 'devices.busyMic', help: 'devices.busyHelp', retry: true },
  failed: { both: 'devices.failed', cam: 'devices.failed', mic: 'devices.failed', help: 'devices.failedHelp', retry: true },
  notFound: { both: 'devices.none', cam: 'devices.noCam', mic: 'devices.noMic', help: 'devices.noneHelp', retry: false },
};

/** The most telling trouble of the two devices, worst cause first; null when there is none. */
export function troubleOf(mic: Input, cam: Input): Trouble | null {
  for (const [state, cause] of Object.entries(causes)) {
    const micHas = mic.state === state;
    const camHas = cam.state === state;
    if (!micHas && !camHas) continue;
    const title = micHas && camHas ? cause.both : camHas ? cause.cam : cause.mic;
    return { title, help: cause.help, retry: cause.retry };
  }
  return null;
}
