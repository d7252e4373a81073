import type { ComponentChildren } from 'preact';
import { Brand } from '../ui/Brand';
import { useFocusOnce } from '../ui/hooks';

interface Props {
  title: string;
  text?: ComponentChildren;
  children?: ComponentChildren;
}

/** A page with one thing to say, in the middle. */
export function Plain({ title, text, children }: Props) {
  const heading = useFocusOnce<HTMLHeadingElement>();
  return (
    <main class="message-page">
      <Brand />
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      {text && <p class="lead">{text}</p>}
      {children}
    </main>
  );
}
