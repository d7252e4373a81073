import { useEffect, useRef } from 'preact/hooks';
import type { View } from '../core/api.gen';
import { useCore } from '../core/context';
import type { Opening } from '../core/core';
import { errorText, t } from '../i18n/t';
import { go, roomPath } from '../route';
import { Button } from '../ui/Button';
import { Notice } from '../ui/Notice';
import { isOfText, PassphraseField } from '../ui/PassphraseField';
import { Switch } from '../ui/Switch';
import type { Choice } from './choice';
import type { Typing } from './usePassphrase';

interface Props {
  view: View;
  choice: Choice;
  passphrase: Typing;
  /** The way into the meeting is under way: nothing can be chosen now. */
  joining: boolean;
  onTurned: () => void;
  onOpen: (opening: Opening) => void;
}

/** Before the meeting: whether it is encrypted, and the passphrase. */
export function Encryption({ view, choice, passphrase, joining, onTurned, onOpen }: Props) {
  const core = useCore();
  const { room, crypto } = view;
  const { encrypted, makes, required } = choice;
  const turn = (on: boolean) => {
    if (on) {
      onTurned();
      return void core.dispatch({ t: 'crypto.on' });
    }
    // Once on it stays on, but for a room that is chosen anew. The address goes first, so that this is no step back.
    void core.dispatch({ t: 'home' });
    go(roomPath(room.name), true);
    onOpen({ room: room.name });
  };
  const elsewhere = crypto.problem.code !== '' && !isOfText(crypto.problem);
  useEffect(() => {
    if (crypto.problem.code === 'e2ee.required') passphrase.input.current?.focus();
  }, [crypto.problem]);
  return (
    <>
      {makes && (
        <Switch
          label={t('passphrase.switch')}
          help={t(crypto.able === 'no' ? 'passphrase.unable' : encrypted ? 'passphrase.warning' : 'passphrase.why')}
          on={encrypted}
          disabled={joining || crypto.able === 'no'}
          onChange={turn}
        />
      )}
      {/* That it is encrypted stays said: would it go when the field is left, the button would move from under the mouse. */}
      {(elsewhere || required) && <Notice title={errorText(elsewhere ? crypto.problem : { code: 'e2ee.required' })} />}
      {encrypted && (
        <div class="stack" onFocusOut={passphrase.hand}>
          <PassphraseField
            value={passphrase.text}
            input={passphrase.input}
            problem={passphrase.problem}
            choosing={makes}
            readonly={joining}
            {...(makes ? {} : { help: t(passphrase.known ? 'passphrase.known' : 'passphrase.ask') })}
            onInput={passphrase.type}
          />
        </div>
      )}
    </>
  );
}

interface OfferProps {
  view: View;
  choice: Choice;
  passphrase: Typing;
  joining: boolean;
  onTurned: () => void;
}

/**
 * Encryption for a host who came by a link. It stands below the button that joins, and its place is kept, because it comes
 * late: a button that moves under the mouse is missed.
 */
export function EncryptionOffer({ view, choice, passphrase, joining, onTurned }: OfferProps) {
  const core = useCore();
  const taken = useRef(false);
  useEffect(() => {
    if (!taken.current || !choice.encrypted) return;
    taken.current = false;
    passphrase.input.current?.focus(); // the button that had the focus is gone
  }, [choice.encrypted]);
  const take = () => {
    taken.current = true;
    onTurned();
    void core.dispatch({ t: 'crypto.on' });
  };
  return (
    <div class="offer">
      {choice.offered && view.crypto.able === 'yes' && !joining && (
        <Button kind="text" icon="shield" onClick={take}>
          {t('passphrase.offer')}
        </Button>
      )}
    </div>
  );
}
