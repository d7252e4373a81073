import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { covers } from '../media/layout';

interface Props {
  stream: MediaStream;
  mirrored?: boolean;
  /** Show the whole picture, whatever the box. */
  whole?: boolean;
  /** The box it stands in; 16:9 where it is not said. */
  box?: { w: number; h: number };
}

const widescreen = { w: 640, h: 360 };

/** A picture of a stream. It stays invisible until its first frame, so that nothing ever flashes black. */
export function Video({ stream, mirrored = false, whole = false, box = widescreen }: Props) {
  const video = useRef<HTMLVideoElement>(null);
  const [aspect, setAspect] = useState(16 / 9);
  const [shown, show] = useState(false);
  useLayoutEffect(() => {
    const element = video.current;
    if (!element) return;
    const measure = () => {
      if (element.videoWidth > 0) setAspect(element.videoWidth / element.videoHeight);
    };
    const first = () => {
      measure();
      show(true);
    };
    // Before the stream is set: one that runs already can play before the next task, and says so only once.
    element.addEventListener('resize', measure);
    element.addEventListener('playing', first, { once: true });
    element.srcObject = stream;
    // Refused play() is no fault here: a muted picture starts by itself as soon as the page may.
    element.play().catch(() => undefined);
    return () => {
      show(false);
      element.srcObject = null;
      element.removeEventListener('resize', measure);
      element.removeEventListener('playing', first);
    };
  }, [stream]);
  const fits = whole || !covers(aspect, box);
  const classes = `${shown ? 'shown' : ''} ${mirrored ? 'mirrored' : ''} ${fits ? 'whole' : ''}`;
  return <video ref={video} class={classes} muted autoplay playsInline />;
}
