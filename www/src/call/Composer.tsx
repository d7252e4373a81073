import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { t } from '../i18n/t';
import { IconButton } from '../ui/IconButton';

/** In code points; product.md, "Limits". */
const most = 2000;
const countFrom = 1800;

/** Where a message is written: Enter sends, Shift+Enter begins a line. */
export function Composer({ onSend }: { onSend: (text: string) => void }) {
  const field = useRef<HTMLTextAreaElement>(null);
  const id = useId();
  const [text, setText] = useState('');
  const length = [...text].length;
  const sendable = text.trim() !== '' && length <= most;
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
      {length >= countFrom && (
        <p id={id} class={length > most ? 'field-error' : 'field-help'} role="status">
          {length > most ? t('chat.over', { count: length - most }) : t('chat.left', { count: most - length })}
        </p>
      )}
      <div class="composer">
        <textarea
          ref={field}
          rows={1}
          dir="auto"
          value={text}
          placeholder={t('chat.placeholder')}
          aria-label={t('chat.placeholder')}
          aria-describedby={length >= countFrom ? id : undefined}
          onInput={(event) => setText(event.currentTarget.value)}
          onKeyDown={key}
        />
        <IconButton id="send" icon="send" label={t('chat.send')} disabled={!sendable} onClick={send} />
      </div>
    </div>
  );
}
