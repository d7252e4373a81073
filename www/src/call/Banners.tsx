import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Crypto, Peer } from '../core/api.gen';
import { useCore } from '../core/context';
import { t } from '../i18n/t';
import { Button } from '../ui/Button';
import { Icon } from '../ui/Icon';
import { PassphraseEntry } from './PassphraseEntry';
import { toneOf, type Safety } from './safety';
import { iconOf } from './Shield';

interface Props {
  safety: Safety;
  crypto: Crypto;
  peers: readonly Peer[];
  onDetails: () => void;
}

/** Over the stage: what keeps people from seeing or hearing each other, and what they can do about it. */
export function Banners({ safety, crypto, peers, onDetails }: Props) {
  const core = useCore();
  const trying = useTrying(safety);
  const give = (text: string) => void core.dispatch({ t: 'crypto.passphrase', text });
  switch (trying.still ? 'mismatch' : safety) {
    case 'asking':
      return (
        <Banner safety="asking" title={t('banner.asking')} text={t('banner.askingText')}>
          <PassphraseEntry problem={crypto.problem} action={t('banner.enter')} autofocus onGive={give} />
        </Banner>
      );
    case 'mismatch':
      return (
        <Banner safety="mismatch" title={t('banner.mismatch')} text={trying.still ? t('safety.checking') : mismatchText(crypto, peers)}>
          <PassphraseEntry
            problem={crypto.problem}
            action={t('banner.try')}
            busy={trying.still}
            onGive={(text) => {
              trying.begin();
              give(text);
            }}
          />
          {crypto.phase === 'mismatch' && peers.length > 1 && (
            <Button onClick={() => void core.dispatch({ t: 'crypto.others' })}>
              {t('banner.others')}
            </Button>
          )}
        </Banner>
      );
    case 'locked':
      return (
        <Banner safety="locked" title={t('safety.locked', { count: crypto.attempts })} text={t('banner.lockedText')}>
          <Button small onClick={() => void core.dispatch({ t: 'crypto.unlock' })}>
            {t('banner.unlock')}
          </Button>
        </Banner>
      );
    case 'split':
      return (
        <Banner safety="split" title={t('banner.split')} text={t('banner.splitText')}>
          <Button small onClick={onDetails}>
            {t('banner.details')}
          </Button>
          <Button small onClick={() => void core.dispatch({ t: 'crypto.accept' })}>
            {t('banner.accept')}
          </Button>
        </Banner>
      );
    default:
      return null;
  }
}

/** Whether another passphrase is being tried: the banner then stays, so that nothing jumps if that one is wrong too. */
function useTrying(safety: Safety) {
  const [tried, set] = useState(false);
  const open = safety === 'checking' || safety === 'starting';
  const settled = !open && safety !== 'mismatch';
  useEffect(() => {
    if (settled) set(false);
  }, [settled]);
  return { still: tried && open, begin: () => set(true) };
}

/** Names are encrypted too: whoever has another passphrase has none, unless we met before it was changed. */
function mismatchText({ phase, with: member }: Crypto, peers: readonly Peer[]): string {
  const name = peers.find(({ index }) => index === member)?.name;
  if (name) return t('banner.mismatchWith', { name });
  return t(phase === 'mismatch' && peers.length > 1 ? 'banner.mismatchFirst' : 'banner.mismatchAll');
}

interface BannerProps {
  safety: Safety;
  title: string;
  text: string;
  children: ComponentChildren;
}

function Banner({ safety, title, text, children }: BannerProps) {
  return (
    <section class={`banner ${toneOf[safety]}`} data-state={safety} aria-label={t('safety.title')}>
      <div class="banner-text" role="alert">
        <Icon name={iconOf(safety)} />
        <div>
          <strong>{title}</strong>
          <p>{text}</p>
        </div>
      </div>
      <div class="banner-do">{children}</div>
    </section>
  );
}
