import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Chat as Conversation, Message } from '../core/api.gen';
import { useCore } from '../core/context';
import { keyOf } from '../a11y/shortcuts';
import { clock, errorText, t } from '../i18n/t';
import { nameOf } from '../ui/noteText';
import { linkify } from './linkify';
import { Composer } from './Composer';
import { Panel } from './Panel';

/** Messages of one person within this time stand under one name, ms. */
const oneBreath = 5 * 60 * 1000;

/** The conversation in writing. */
export function Chat({ chat, encrypted, onClose }: { chat: Conversation; encrypted: boolean; onClose: () => void }) {
  const core = useCore();
  const log = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const [below, setBelow] = useState(false);
  const { messages } = chat;
  const last = messages[messages.length - 1];

  useEffect(() => {
    void core.dispatch({ t: 'chat.seen', open: true });
    return () => void core.dispatch({ t: 'chat.seen', open: false });
  }, [core]);
  const toEnd = () => log.current?.scrollTo({ top: log.current.scrollHeight });
  useLayoutEffect(() => {
    if (atEnd.current || last?.mine) toEnd();
    else setBelow(true);
  }, [messages.length, last?.id, last?.mine]);
  const scrolled = () => {
    const element = log.current;
    if (!element) return;
    atEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < 24;
    if (atEnd.current) setBelow(false);
  };
  return (
    <Panel title={t('chat.title')} closeLabel={t('chat.close')} keys={keyOf.chat} onClose={onClose}>
      <div class="chat-log" ref={log} role="log" aria-label={t('chat.log')} tabIndex={0} onScroll={scrolled}>
        {messages.length === 0 && <p class="chat-empty">{t('chat.empty')}</p>}
        {messages.map((message, i) => (
          <Line key={message.id} message={message} follows={follows(messages[i - 1], message)} />
        ))}
      </div>
      {below && (
        <button type="button" class="chat-below" onClick={toEnd}>
          {t('chat.new')}
        </button>
      )}
      {chat.problem.code && (
        <p class="field-error chat-problem" role="alert">
          {errorText(chat.problem)}
        </p>
      )}
      <Composer encrypted={encrypted} onSend={(text) => void core.dispatch({ t: 'chat.send', text })} />
    </Panel>
  );
}

function follows(before: Message | undefined, message: Message): boolean {
  return before !== undefined && before.from === message.from && message.at - before.at < oneBreath;
}

function Line({ message, follows }: { message: Message; follows: boolean }) {
  const state = `${message.mine ? ' mine' : ''}${message.pending ? ' pending' : ''}${follows ? ' follows' : ''}`;
  return (
    <article class={`chat-line${state}`}>
      <p class={follows ? 'visually-hidden' : 'chat-who'}>
        <bdi dir="auto">{message.mine ? t('call.you') : nameOf(message)}</bdi> <time>{clock(message.at)}</time>
      </p>
      <p class="chat-text" dir="auto">
        {linkify(message.text).map((part) =>
          part.href ? (
            <a href={part.href} target="_blank" rel="noopener noreferrer">
              {part.text}
            </a>
          ) : (
            part.text
          ),
        )}
      </p>
      {message.pending && <p class="chat-pending">{t('chat.pending')}</p>}
    </article>
  );
}
