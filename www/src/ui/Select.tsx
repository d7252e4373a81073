import type { Device } from '../core/api.gen';
import { Icon, type IconName } from './Icon';

interface Props {
  icon: IconName;
  label: string;
  devices: readonly Device[];
  /** Id of the chosen one; "": the default. */
  chosen: string;
  /** Stands for the default, and for a device without a label. */
  unnamed: string;
  /** Shown when there is no device at all; without it an empty list offers the default. */
  none?: string | undefined;
  onChange: (id: string) => void;
}

/** A choice among devices. */
export function Select({ icon, label, devices, chosen, unnamed, none, onChange }: Props) {
  const known = devices.filter((device) => device.id !== '');
  const empty = known.length === 0;
  return (
    <label class="select">
      <Icon name={icon} />
      <span class="visually-hidden">{label}</span>
      <select value={chosen} onChange={(event) => onChange(event.currentTarget.value)} disabled={empty && none !== undefined}>
        {(empty || !known.some((device) => device.id === chosen)) && (
          <option value={empty ? '' : chosen}>{empty && none ? none : unnamed}</option>
        )}
        {known.map((device) => (
          <option key={device.id} value={device.id}>
            {device.label || unnamed}
          </option>
        ))}
      </select>
      <Icon name="down" />
    </label>
  );
}
