import { useEffect, useState } from 'preact/hooks';
import type { View } from '../core/api.gen';
import { useCore } from '../core/context';
import type { Opening } from '../core/core';
import { errorText, t } from '../i18n/t';
import { go, roomPath } from '../route';
import { Notice } from '../ui/Notice';
import { isOfText, PassphraseField } from '../ui/PassphraseField';
import { Switch } from '../ui/Switch';
import type { Typing } from './usePassphrase';

/** What this person may say about the encryption of the room. */
export interface Choice {
  encrypted: boolean;
  /** It is this person's to choose: nobody said yet that the room is encrypted. */
  free: boolean;
  /** This person may well be the one who makes the room. */
  makes: boolean;
  /** The relay said that the room is encrypted. */
  required: boolean;
}

interface Props {
  view: View;
  choice: Choice;
  passphrase: Typing;
  onTurned: () => void;
  onOpen: (opening: Opening) => void;
}

/** Before the meeting: whether it is encrypted, and the passphrase. */
export function Encryption({ view, choice, passphrase, onTurned, onOpen }: Props) {
  const core = useCore();
  const { room, crypto } = view;
  const { encrypted, free, makes, required } = choice;
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
      {free && (
        <Switch
          label={t('passphrase.switch')}
          help={t(crypto.able === 'no' ? 'passphrase.unable' : encrypted ? 'passphrase.warning' : 'passphrase.why')}
          on={encrypted}
          disabled={crypto.able === 'no'}
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
            {...(makes ? {} : { help: t(passphrase.known ? 'passphrase.known' : 'passphrase.ask') })}
            onInput={passphrase.type}
          />
        </div>
      )}
    </>
  );
}

/** Works the choice out; turned is told when the switch was used. */
export function useChoice(view: View, e2ee: boolean, chosenHere: boolean): [Choice, turned: () => void] {
  const [turned, turn] = useState(false);
  const [required, require] = useState(false); // the relay said so: it has a passphrase already
  const { crypto, auth } = view;
  useEffect(() => {
    if (crypto.problem.code === 'e2ee.required') require(true);
  }, [crypto.problem]);
  const encrypted = crypto.on || e2ee;
  const here = (chosenHere || turned) && !required;
  return [{ encrypted, free: here || (auth.name !== '' && !encrypted), makes: here, required }, () => turn(true)];
}
