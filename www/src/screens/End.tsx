import { useState } from 'preact/hooks';
import type { View } from '../core/api.gen';
import { useCore } from '../core/context';
import { errorText, t, type MsgKey } from '../i18n/t';
import { Button } from '../ui/Button';
import { useCountdown } from '../ui/hooks';
import { Plain } from './Plain';

/** Titles of the ends that need no explanation. */
const titles: Readonly<Record<string, MsgKey>> = {
  left: 'end.left',
  kicked: 'end.kicked',
  ended: 'end.ended',
  replaced: 'end.replaced',
  'room.full': 'end.full',
  'crypto.unable': 'unable.title',
};

/** Ends after which the same room cannot be entered again by a click. */
const final = new Set(['kicked', 'ended', 'crypto.unable']);

/** The meeting is over for me: why, and what can be done. */
export function End({ view, onHome }: { view: View; onHome: () => void }) {
  const core = useCore();
  const [now] = useState(() => Date.now());
  const { end, joinedAt } = view.app;
  const wait = useCountdown(end);
  const rejoin = () => {
    if (wait === 0) void core.dispatch({ t: 'rejoin' });
  };
  // Who left before it began was not in it.
  const title = end.code === 'left' && joinedAt === 0 ? 'end.leftWaiting' : titles[end.code];
  return (
    <Plain title={t(title ?? 'end.problem')} text={text()}>
      <div class="row">
        {!final.has(end.code) && (
          <Button kind="primary" onClick={rejoin}>
            {again()}
          </Button>
        )}
        <Button kind={final.has(end.code) ? 'primary' : 'quiet'} onClick={onHome}>
          {t('app.home')}
        </Button>
      </div>
      {wait > 0 && <p class="field-help">{t('app.waitSeconds', { count: wait })}</p>}
    </Plain>
  );

  function text() {
    if (!title) return errorText(end);
    if (end.code === 'replaced') return t('end.replacedText');
    if (end.code === 'room.full') return t('end.fullText');
    if (end.code === 'crypto.unable') return t('unable.text');
    return (
      <>
        <bdi dir="auto">{view.room.name}</bdi>
        {joinedAt > 0 && ` · ${t('end.minutes', { count: Math.max(1, Math.round((now - joinedAt) / 60000)) })}`}
      </>
    );
  }

  function again(): string {
    if (end.code === 'left' && joinedAt > 0) return t('end.rejoin');
    return t(end.code === 'replaced' ? 'end.useHere' : 'app.tryAgain');
  }
}
