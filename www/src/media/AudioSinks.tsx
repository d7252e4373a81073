import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Peer } from '../core/api.gen';
import { useCore } from '../core/context';
import { t } from '../i18n/t';

interface Props {
  peers: readonly Peer[];
  /** Id of the output device; "": the default. */
  speaker: string;
  active: boolean;
}

/**
 * Plays the others' sound: one <audio> for each source, apart from the tiles, so that turning a page or closing a tile
 * never cuts a voice. Where the browser wants a click first, a button asks for it.
 */
export function AudioSinks({ peers, speaker, active }: Props) {
  const core = useCore();
  const [refused, refuse] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  if (!active) return null;
  const play = () => {
    refuse(false);
    box.current?.querySelectorAll('audio').forEach((audio) => void audio.play().catch(() => refuse(true)));
  };
  const sounds = peers.flatMap((peer) => peer.sounds);
  return (
    <div ref={box}>
      {sounds.map((id) => {
        const stream = core.stream(id);
        return stream && <Sink key={id} id={id} stream={stream} speaker={speaker} onRefused={() => refuse(true)} />;
      })}
      {refused && (
        <button type="button" class="unlock" onClick={play}>
          {t('call.hear')}
        </button>
      )}
    </div>
  );
}

interface SinkProps {
  id: string;
  stream: MediaStream;
  speaker: string;
  onRefused: () => void;
}

function Sink({ id, stream, speaker, onRefused }: SinkProps) {
  const audio = useRef<HTMLAudioElement>(null);
  useLayoutEffect(() => {
    const element = audio.current;
    if (!element) return;
    element.srcObject = stream;
    element.play().catch((error: unknown) => {
      // AbortError only says that the element went away.
      if (error instanceof DOMException && error.name === 'NotAllowedError') onRefused();
    });
    return () => {
      element.srcObject = null;
    };
  }, [stream]);
  useEffect(() => {
    // Not every browser lets a page choose; a device that has gone leaves the default.
    audio.current?.setSinkId?.(speaker).catch(() => undefined);
  }, [speaker]);
  return <audio ref={audio} data-sound={id} autoplay hidden />;
}
