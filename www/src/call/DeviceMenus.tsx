import type { Device, Devices } from '../core/api.gen';
import { useCore } from '../core/context';
import { t } from '../i18n/t';
import { MenuButton, MenuChoice, MenuRadio } from '../ui/Menu';

type Kind = 'mic' | 'cam' | 'speaker';

/** Other microphones and speakers, beside the microphone's button. */
export function SoundMenu({ devices }: { devices: Devices }) {
  const canChooseSpeaker = 'setSinkId' in HTMLMediaElement.prototype && devices.speakers.length > 0;
  return (
    <MenuButton id="mic-devices" icon="up" label={t('bar.micDevices')}>
      <MenuChoice title={t('prejoin.mic')} icon="mic">
        <Choices kind="mic" devices={devices.mics} chosen={devices.mic} unnamed={t('prejoin.micDefault')} />
      </MenuChoice>
      {canChooseSpeaker && (
        <MenuChoice title={t('prejoin.speaker')} icon="speaker">
          <Choices kind="speaker" devices={devices.speakers} chosen={devices.speaker} unnamed={t('prejoin.speakerDefault')} />
        </MenuChoice>
      )}
    </MenuButton>
  );
}

/** Other cameras, beside the camera's button. */
export function CameraMenu({ devices }: { devices: Devices }) {
  return (
    <MenuButton id="cam-devices" icon="up" label={t('bar.camDevices')}>
      <MenuChoice title={t('prejoin.cam')} icon="cam">
        <Choices kind="cam" devices={devices.cams} chosen={devices.cam} unnamed={t('prejoin.camDefault')} />
      </MenuChoice>
    </MenuButton>
  );
}

interface ChoicesProps {
  kind: Kind;
  devices: readonly Device[];
  chosen: string;
  unnamed: string;
}

function Choices({ kind, devices, chosen, unnamed }: ChoicesProps) {
  const core = useCore();
  const known = devices.filter((device) => device.id !== '');
  // The default has no entry of its own in every browser; without a choice it is what is in use.
  const list = known.some((device) => device.id === chosen) ? known : [{ id: chosen, label: unnamed }, ...known];
  return (
    <>
      {list.map(({ id, label }) => (
        <MenuRadio
          key={id}
          text={label || unnamed}
          checked={id === chosen}
          onChoose={() => void core.dispatch({ t: 'device', kind, id })}
        />
      ))}
    </>
  );
}
