import type { Strength } from '../core/api.gen';
import { t, type MsgKey } from '../i18n/t';

const words: readonly MsgKey[] = ['strength.none', 'strength.weak', 'strength.weak', 'strength.fair', 'strength.strong'];

interface Props {
  id: string;
  /** The core, which judges, is still on its way. */
  loading: boolean;
  /** null: there is nothing to judge. */
  strength: Strength | null;
}

/** Four bars and a verdict in words. */
export function StrengthMeter({ id, loading, strength }: Props) {
  const level = strength?.level ?? 0;
  const verdict: MsgKey = loading ? 'strength.checking' : strength?.weak ? 'strength.weak' : (words[level] ?? 'strength.none');
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
