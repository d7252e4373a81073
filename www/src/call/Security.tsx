import { useEffect } from 'preact/hooks';
import type { Me, View } from '../core/api.gen';
import { useCore } from '../core/context';
import { t } from '../i18n/t';
import { Dialog } from '../ui/Dialog';
import { Icon } from '../ui/Icon';
import { PassphraseEntry } from './PassphraseEntry';
import { canRetry, isIn, toneOf, type Safety } from './safety';
import { SecurityCode } from './SecurityCode';
import { SharedPassphrase } from './SharedPassphrase';
import { iconOf, safetyText } from './Shield';

interface Props {
  view: View;
  safety: Safety;
  onClose: () => void;
}

/** Behind the shield: how safe the meeting is, how to make sure of it, and its passphrase. */
export function Security({ view, safety, onClose }: Props) {
  const core = useCore();
  const { crypto, peers } = view;
  // The code takes work: it is made while somebody looks.
  useEffect(() => {
    void core.dispatch({ t: 'crypto.code', on: true });
    return () => void core.dispatch({ t: 'crypto.code', on: false });
  }, [core]);
  const together = crypto.on && peers.some(isIn);
  return (
    <Dialog title={t('safety.title')} onClose={onClose}>
      <div class="security">
        <div class={`security-state ${toneOf[safety]}`}>
          <Icon name={iconOf(safety)} />
          <div>
            <strong>{safetyText(safety, crypto)}</strong>
            <p>{t(`safetyMore.${safety}`)}</p>
          </div>
        </div>
        {together && <SecurityCode code={crypto.code} agreement={crypto.agreement} />}
        {safety === 'off' ? <TurnOn view={view} /> : <Passphrase view={view} />}
        <p class="field-help">{t(safety === 'off' ? 'security.clear' : 'security.seen')}</p>
      </div>
    </Dialog>
  );
}

const moderates = ({ role }: Me): boolean => role !== 'guest';

function Passphrase({ view: { crypto, me } }: { view: View }) {
  const core = useCore();
  if (canRetry(crypto)) {
    return (
      <PassphraseEntry
        problem={crypto.problem}
        action={t('banner.try')}
        onGive={(text) => void core.dispatch({ t: 'crypto.passphrase', text })}
      />
    );
  }
  return <SharedPassphrase problem={crypto.problem} canChange={moderates(me) && (crypto.phase === 'up' || crypto.phase === 'alone')} />;
}

/** Encrypts the meeting that is going on, for good. */
function TurnOn({ view: { crypto, me } }: { view: View }) {
  const core = useCore();
  if (!moderates(me)) return <p>{t('security.askHost')}</p>;
  if (crypto.able === 'no') return <p>{t('security.unable')}</p>;
  const turnOn = async (text: string) => {
    await core.dispatch({ t: 'crypto.passphrase', text });
    // A passphrase that is refused is not to be mistaken for one that was taken before.
    if (core.passphraseStrength(text)?.weak === false) await core.dispatch({ t: 'crypto.on' });
  };
  return (
    <section class="stack">
      <h3>{t('security.turnOn')}</h3>
      <p>{t('security.turnOnText')}</p>
      <PassphraseEntry problem={crypto.problem} choosing action={t('security.turnOnDo')} onGive={(text) => void turnOn(text)} />
    </section>
  );
}
