import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { t } from '../i18n/t';
import { Icon } from '../ui/Icon';
import { IconButton } from '../ui/IconButton';
import { charactersLeft } from './fits';

/** How many characters may be left when they begin to be counted. */
const countFrom = 200;

interface Props {
  /** Only the people in the meeting can read it. */
  encrypted: boolean;
  onSend: (text: string) => void;
}

/** Where a message is written: Enter sends, Shift+Enter begins a line. */
export function Composer({ encrypted, onSend }: Props) {
  const field = useRef<HTMLTextAreaElement>(null);
  const id = useId();
  const [text, setText] = useState('');
  const left = charactersLeft(text, encrypted);
  const counted = left <= countFrom;
  const sendable = text.trim() !== '' && left >= 0;
  const prompt = t(encrypted ? 'chat.placeholderEncrypted' : 'chat.placeholder');
  useEffect(() => field.current?.focus(), []);
  useLayoutEffect(() => {
    const element = field.current;
    if (!element) return;
    // Grows with its lines up to the limit in CSS.
    element.style.blockSize = 'auto';
    element.style.blockSize = `${element.scrollHeight}px`;
  }, [text]);

  const send = () => {
    if (!sendable) return;
    onSend(text.trim());
    setText('');
    field.current?.focus();
  };
  const key = (event: KeyboardEvent) => {
    // Enter that ends the composition of a character is not the end of the message.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  };
  return (
    <div class="composer-box">
      {counted && (
        <p id={id} class={left < 0 ? 'field-error' : 'field-help'} role="status">
          {left < 0 ? t('chat.over', { count: -left }) : t('chat.left', { count: left })}
        </p>
      )}
      <div class="composer">
        {encrypted && <Icon name="lock" />}
        <textarea
          ref={field}
          rows={1}
          dir="auto"
          value={text}
          placeholder={prompt}
          aria-label={prompt}
          aria-describedby={counted ? id : undefined}
          onInput={(event) => setText(event.currentTarget.value)}
          onKeyDown={key}
        />
        <IconButton id="send" icon="send" label={t('chat.send')} disabled={!sendable} onClick={send} />
      </div>
    </div>
  );
}
