import { t } from '../i18n/t';
import { useCopy } from './hooks';
import { IconButton } from './IconButton';

interface CopyProps {
  text: string;
  /** The clipboard cannot be had: it is to be shown, so that people can copy it themselves. */
  onFail: () => void;
}

/** Copies a passphrase. */
export function CopyPassphrase({ text, onFail }: CopyProps) {
  const [copied, copy] = useCopy('passphrase.copyFailed');
  const take = async () => {
    if (!(await copy(text))) onFail();
  };
  return (
    <IconButton
      id="copy"
      kind="plain"
      icon={copied ? 'check' : 'copy'}
      label={t(copied ? 'call.copied' : 'passphrase.copy')}
      onClick={() => void take()}
    />
  );
}

interface ShowProps {
  shown: boolean;
  onShow: (shown: boolean) => void;
}

/** Shows a passphrase, or hides it. */
export const ShowPassphrase = ({ shown, onShow }: ShowProps) => (
  <IconButton
    id="show"
    kind="plain"
    icon={shown ? 'hide' : 'show'}
    label={t(shown ? 'passphrase.hide' : 'passphrase.show')}
    onClick={() => onShow(!shown)}
  />
);
