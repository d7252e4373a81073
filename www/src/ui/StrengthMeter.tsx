import type { Strength } from '../core/api.gen';
import { t, type MsgKey } from '../i18n/t';

/** What is judged; it has texts of its own for what is not there and for what is weak. */
type Subject = 'strength' | 'passphrase';

const good: readonly (MsgKey | undefined)[] = [undefined, undefined, undefined, 'strength.fair', 'strength.strong'];

interface Props {
  id: string;
  /** The core, which judges, is still on its way. */
  loading: boolean;
  /** null: there is nothing to judge. */
  strength: Strength | null;
  of?: Subject;
}

/** Four bars and a verdict in words. */
export function StrengthMeter({ id, loading, strength, of = 'strength' }: Props) {
  const level = strength?.level ?? 0;
  const verdict: MsgKey = loading
    ? 'strength.checking'
    : !strength
      ? `${of}.none`
      : strength.weak
        ? `${of}.weak`
        : (good[level] ?? `${of}.weak`);
  return (
    <div class="strength" data-level={level} data-weak={strength?.weak ?? false}>
      <span class="strength-bars" aria-hidden="true">
        {[1, 2, 3, 4].map((bar) => (
          <i key={bar} class={bar <= level ? 'on' : ''} />
        ))}
      </span>
      <span id={id} role="status">
        {t(verdict)}
      </span>
    </div>
  );
}
