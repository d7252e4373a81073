import { useState } from 'preact/hooks';
import type { View } from '../core/api.gen';
import type { Engine, Opening } from '../core/core';
import { useCore } from '../core/context';
import { t } from '../i18n/t';
import { Button } from '../ui/Button';
import { Field } from '../ui/Field';
import { useFocusOnce } from '../ui/hooks';
import { Select } from '../ui/Select';
import { useChoice } from './choice';
import { DeviceTrouble } from './DeviceTrouble';
import { Encryption, EncryptionOffer } from './Encryption';
import { MicLevel } from './MicLevel';
import { Shell } from './Shell';
import { SlowJoin } from './SlowJoin';
import { useInputShortcuts } from './shortcuts';
import { usePassphrase } from './usePassphrase';
import { WeakName } from './WeakName';

const maxName = 50; // code points; product.md, "Limits"

interface Props {
  view: View;
  engine: Engine;
  /** The person chose this room's name here and can choose another. */
  chosenHere: boolean;
  /** The address says that the room is encrypted; the core may not have heard of it yet. */
  e2ee: boolean;
  onOpen: (opening: Opening) => void;
}

/** Before the meeting: how I look and sound, under which name I come. */
export function Prejoin({ view, engine, chosenHere, e2ee, onOpen }: Props) {
  const core = useCore();
  const heading = useFocusOnce<HTMLHeadingElement>();
  const [typed, type] = useState<string | null>(null);
  const [asked, ask] = useState(false);
  const [missing, miss] = useState(false);
  useInputShortcuts(view.me);
  const loading = engine.phase !== 'ready';
  const name = typed ?? view.me.name;
  const [choice, turned] = useChoice(view, e2ee, chosenHere);
  const { encrypted, makes } = choice;
  const passphrase = usePassphrase(view, encrypted && makes);
  const joining = view.app.screen === 'joining' || (asked && loading);

  const join = async () => {
    if (joining) return;
    miss(!name.trim());
    if (!name.trim()) return;
    ask(true);
    const ready = !encrypted || (await passphrase.give());
    ask(ready && !(await core.dispatch({ t: 'join', name: name.trim() })));
  };
  const cancel = () => {
    ask(false);
    // Choosing the room again is what leads back here.
    void core.dispatch({ t: 'room.open', name: view.room.name });
  };
  const choose = (kind: 'mic' | 'cam' | 'speaker') => (id: string) => void core.dispatch({ t: 'device', kind, id });
  const { devices, me } = view;
  return (
    // The letters in place of a picture follow the name while it is typed.
    <Shell me={{ ...me, name }} room={view.room.name} loading={loading}>
      <form onSubmit={(event) => (event.preventDefault(), void join())} noValidate>
        <h1 ref={heading} tabIndex={-1}>
          {t('prejoin.title')}
        </h1>
        {joining && <SlowJoin onCancel={cancel} />}
        <DeviceTrouble mic={me.mic} cam={me.cam} />
        {chosenHere && view.room.strength.weak && <WeakName onUse={(room) => onOpen({ room, e2ee: encrypted })} />}
        <Field
          label={t('prejoin.name')}
          name="name"
          autocomplete="name"
          value={name}
          maxLength={maxName}
          error={missing && !name.trim() ? t('prejoin.nameMissing') : undefined}
          onInput={type}
        />
        <Encryption view={view} choice={choice} passphrase={passphrase} joining={joining} onTurned={turned} onOpen={onOpen} />
        <Select
          icon="mic"
          label={t('prejoin.mic')}
          devices={devices.mics}
          chosen={devices.mic}
          unnamed={t('prejoin.micDefault')}
          none={me.mic.state === 'notFound' ? t('prejoin.noMic') : undefined}
          onChange={choose('mic')}
        />
        <MicLevel live={me.mic.live && me.mic.on} />
        <Select
          icon="cam"
          label={t('prejoin.cam')}
          devices={devices.cams}
          chosen={devices.cam}
          unnamed={t('prejoin.camDefault')}
          none={me.cam.state === 'notFound' ? t('prejoin.noCam') : undefined}
          onChange={choose('cam')}
        />
        {'setSinkId' in HTMLMediaElement.prototype && (
          <Select
            icon="speaker"
            label={t('prejoin.speaker')}
            devices={devices.speakers}
            chosen={devices.speaker}
            unnamed={t('prejoin.speakerDefault')}
            onChange={choose('speaker')}
          />
        )}
        <div class="submit">
          <Button kind="primary" type="submit" busy={joining}>
            {t(joining ? 'prejoin.joining' : 'prejoin.join')}
          </Button>
        </div>
        <EncryptionOffer view={view} choice={choice} passphrase={passphrase} joining={joining} onTurned={turned} />
      </form>
    </Shell>
  );
}
