import { useEffect, useRef } from 'preact/hooks';
import type { Crypto } from '../core/api.gen';
import { say } from '../a11y/announce';
import { t } from '../i18n/t';
import { Icon, type IconName } from '../ui/Icon';
import { toneOf, type Safety, type Tone } from './safety';

const icons: Readonly<Record<Tone, IconName>> = { plain: 'shieldMaybe', ok: 'shield', warn: 'shieldMaybe', bad: 'shieldBad' };

export const iconOf = (safety: Safety): IconName => (safety === 'off' ? 'lockOpen' : icons[toneOf[safety]]);

/** What the shield says, and a line in the panel behind it. */
export const safetyText = (safety: Safety, { different, attempts }: Crypto): string =>
  t(`safety.${safety}`, { count: safety === 'locked' ? attempts : different });

/** Those that change what people may say here; the others pass by, or come with a banner that is read out. */
const told: readonly Safety[] = ['same', 'different', 'differ'];

/** In the top bar: how safe the meeting is. It opens the panel that says more. */
export function Shield({ safety, crypto, onOpen }: { safety: Safety; crypto: Crypto; onOpen: () => void }) {
  const text = safetyText(safety, crypto);
  const last = useRef(text);
  useEffect(() => {
    if (!told.includes(safety) || last.current === text) return;
    last.current = text;
    say(text);
  }, [safety, text]);
  return (
    <button
      type="button"
      class={`shield ${toneOf[safety]}`}
      data-id="security"
      data-state={safety}
      aria-haspopup="dialog"
      onClick={onOpen}
    >
      <Icon name={iconOf(safety)} />
      <span>{text}</span>
      {safety === 'newcomer' && (
        <>
          <i aria-hidden="true" />
          <span class="visually-hidden">{t('safety.newcomerDot')}</span>
        </>
      )}
    </button>
  );
}
