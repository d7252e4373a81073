import type { Input } from '../core/api.gen';
import { useCore } from '../core/context';
import { keyOf } from '../a11y/shortcuts';
import { t } from '../i18n/t';
import { inTrouble, isOn } from '../media/input';
import { IconButton } from './IconButton';

/** The switch of my microphone or camera. Where the device cannot be had, pressing it asks again. */
export function InputButton({ which, input, disabled = false }: { which: 'mic' | 'cam'; input: Input; disabled?: boolean }) {
  const core = useCore();
  const trouble = inTrouble(input);
  const on = isOn(input);
  const press = () => {
    void core.dispatch(trouble ? { t: 'devices.retry' } : { t: which, on: !input.on });
  };
  return (
    <IconButton
      id={which}
      icon={on ? which : `${which}Off`}
      label={t(on ? `bar.${which}Off` : `bar.${which}On`)}
      keys={keyOf[which]}
      {...(on ? {} : { tone: 'danger' as const })}
      {...(trouble ? { badge: '!' as const } : {})}
      busy={!disabled && input.state === 'starting'}
      disabled={disabled}
      onClick={press}
    />
  );
}
