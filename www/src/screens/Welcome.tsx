import { useEffect, useId, useRef, useState } from 'preact/hooks';
import type { View } from '../core/api.gen';
import type { Engine, Opening } from '../core/core';
import { useCore } from '../core/context';
import { errorText, t } from '../i18n/t';
import { go } from '../route';
import { Brand } from '../ui/Brand';
import { Button } from '../ui/Button';
import { Field } from '../ui/Field';
import { useFocusOnce } from '../ui/hooks';
import { IconButton } from '../ui/IconButton';
import { StrengthMeter } from '../ui/StrengthMeter';
import { Switch } from '../ui/Switch';

/** The start: choose a room. Usable before the core is there; only the suggestion and the verdict wait for it. */
export function Welcome({ view, engine, onOpen }: { view: View; engine: Engine; onOpen: (opening: Opening) => void }) {
  const core = useCore();
  const heading = useFocusOnce<HTMLHeadingElement>();
  const field = useRef<HTMLInputElement>(null);
  const meter = useId();
  const [typed, type] = useState<string | null>(null);
  const [suggested, suggest] = useState('');
  const [refused, refuse] = useState('');
  const [encrypts, encrypt] = useState(false);
  const ready = engine.phase === 'ready';
  const unable = view.crypto.able === 'no';
  useEffect(() => {
    if (ready) suggest(core.suggest() ?? '');
  }, [ready, core]);

  const name = typed ?? suggested;
  const parsed = name ? core.parse(name) : null;
  const error = name && parsed?.code ? badName(parsed.code) : refused && badName(refused);
  const input = (value: string) => {
    refuse('');
    // Spaces become hyphens while typing, as they will in the link.
    type(value.replace(/[\s_]+/gu, '-'));
  };
  const open = (event: Event) => {
    event.preventDefault();
    if (!name || parsed?.code) {
      refuse(parsed?.code || 'empty');
      return field.current?.focus();
    }
    onOpen({ room: parsed?.name ?? name, e2ee: encrypts && !unable });
  };
  const another = () => {
    type(null);
    refuse('');
    suggest(core.suggest() ?? '');
  };
  return (
    <div class="page welcome">
      <header class="page-head">
        <Brand />
      </header>
      <main class="welcome-main">
        <h1 ref={heading} tabIndex={-1}>
          {t('welcome.title')}
        </h1>
        <p class="lead">{t('welcome.sub')}</p>
        <form onSubmit={open} noValidate class="welcome-form">
          <Field
            label={t('welcome.room')}
            name="room"
            value={name}
            plain
            input={field}
            autofocus={matchMedia('(hover: hover)').matches}
            error={error || undefined}
            describedBy={meter}
            onInput={input}
          >
            <IconButton id="suggest" kind="plain" icon="dice" label={t('welcome.suggest')} disabled={!ready} onClick={another} />
          </Field>
          <StrengthMeter id={meter} loading={engine.phase === 'loading'} strength={name && !error ? core.strength(name) : null} />
          <Switch
            label={t('passphrase.switch')}
            help={t(unable ? 'passphrase.unable' : 'passphrase.why')}
            on={encrypts && !unable}
            disabled={unable}
            onChange={encrypt}
          />
          <Button kind="primary" type="submit">
            {t('welcome.continue')}
          </Button>
        </form>
      </main>
      <footer class="page-foot">
        <a href="/_/signin" onClick={(event) => (event.preventDefault(), go('/_/signin'))}>
          {view.auth.name ? t('welcome.signedIn', { name: view.auth.name }) : t('welcome.signin')}
        </a>
        <a href="/_/licenses.txt">{t('welcome.licences')}</a>
      </footer>
    </div>
  );
}

const badName = (why: string): string => errorText({ code: 'room.name', params: { why } });
