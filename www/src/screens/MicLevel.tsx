import { useEffect, useRef } from 'preact/hooks';
import { useCore } from '../core/context';
import { t } from '../i18n/t';

/** A bar that moves with my voice. It is drawn past the renderer: sixty times a second is not a state. */
export function MicLevel({ live }: { live: boolean }) {
  const core = useCore();
  const bar = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = bar.current;
    if (!live || !element) return;
    let frame = 0;
    const draw = () => {
      element.style.setProperty('--level', core.micLevel().toFixed(3));
      frame = requestAnimationFrame(draw);
    };
    draw();
    return () => {
      cancelAnimationFrame(frame);
      element.style.setProperty('--level', '0');
    };
  }, [core, live]);
  return <div ref={bar} class="level" role="img" aria-label={t('prejoin.level')} />;
}
