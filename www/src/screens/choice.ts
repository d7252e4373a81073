import { useEffect, useState } from 'preact/hooks';
import type { View } from '../core/api.gen';

/** What a person may say about the encryption of the room, before the meeting. */
export interface Choice {
  encrypted: boolean;
  /** A host who came by a link may encrypt it too. It is known only when the account is, a moment after the first drawing. */
  offered: boolean;
  /** This person may well be the one who makes the room, and chooses. */
  makes: boolean;
  /** The relay said that the room is encrypted: it has a passphrase already. */
  required: boolean;
}

/**
 * Works the choice out. e2ee: the address says that the room is encrypted. own: the person chose the room's name here, or
 * turned the switch. required: the relay said so before.
 */
export function choiceOf({ crypto, auth }: View, e2ee: boolean, own: boolean, required: boolean): Choice {
  const encrypted = crypto.on || e2ee;
  // In the very drawing that brings the relay's word: one later, a passphrase would be made up for the room.
  const asked = required || isRequired(crypto.problem);
  const makes = own && !asked;
  return { encrypted, offered: auth.name !== '' && !encrypted && !makes, makes, required: asked };
}

/** The choice, as long as one room is looked at; turned is told when the switch was used. */
export function useChoice(view: View, e2ee: boolean, chosenHere: boolean): [Choice, turned: () => void] {
  const [turned, turn] = useState(false);
  const [required, require] = useState(false);
  const { problem } = view.crypto;
  useEffect(() => {
    if (isRequired(problem)) require(true);
  }, [problem]);
  return [choiceOf(view, e2ee, chosenHere || turned, required), () => turn(true)];
}

const isRequired = ({ code }: { code: string }): boolean => code === 'e2ee.required';
