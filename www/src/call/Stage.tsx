import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Me, Peer, Stage as InFront } from '../core/api.gen';
import { useCore } from '../core/context';
import { isRTL } from '../a11y/roving';
import { t } from '../i18n/t';
import { arrange, watched } from '../media/arrange';
import { IconButton } from '../ui/IconButton';
import { MyTile, PeerTile, ScreenTile } from './Tile';

/** Changes of what is on screen are told to the core this much later, so that one change does not become many. */
const settle = 100; // ms

interface Props {
  me: Me;
  peers: readonly Peer[];
  stage: InFront;
}

/** Everybody's pictures, and a shared screen in front when there is one. */
export function Stage({ me, peers, stage }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const [{ w, h }, measure] = useState({ w: 0, h: 0 });
  const [asked, turn] = useState(0);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const read = () => measure({ w: element.clientWidth, h: element.clientHeight });
    read();
    const observer = new ResizeObserver(read);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const placed = useMemo(() => arrange(w, h, { peers, stage }, asked), [w, h, peers, stage, asked]);
  useWatch(watched(placed, peers, stage.dominant, Math.min(devicePixelRatio, 2)));

  const { screen, tiles, page, pages } = placed;
  const rtl = isRTL();
  const sharer = screen && peers.find((peer) => peer.index === screen.member);
  return (
    <div class="stage" ref={box} role="region" aria-label={t('call.stage')}>
      {w > 0 && sharer && <ScreenTile key={`screen-${sharer.index}`} peer={sharer} box={screen.box} rtl={rtl} />}
      {w > 0 &&
        tiles.map(({ who, box: place }) => {
          if (who === 'me') return <MyTile key="me" me={me} box={place} rtl={rtl} />;
          const peer = peers.find(({ index }) => index === who);
          return peer && <PeerTile key={who} peer={peer} me={me.index} box={place} rtl={rtl} />;
        })}
      {pages > 1 && <Pager page={page} pages={pages} onTurn={turn} />}
    </div>
  );
}

/** Tells the core what is on screen: only changes, and not before they have settled. */
function useWatch(list: ReturnType<typeof watched>): void {
  const core = useCore();
  const now = JSON.stringify(list);
  useEffect(() => {
    const timer = setTimeout(() => core.viewport(JSON.parse(now) as typeof list), settle);
    return () => clearTimeout(timer);
  }, [core, now]);
  // Nothing is on screen any more once the stage is gone.
  useEffect(() => () => core.viewport([]), [core]);
}

function Pager({ page, pages, onTurn }: { page: number; pages: number; onTurn: (page: number) => void }) {
  return (
    <nav class="pager">
      <IconButton
        kind="plain"
        icon="previous"
        label={t('call.previousPage')}
        disabled={page === 0}
        onClick={() => onTurn(page - 1)}
      />
      <span role="status" aria-label={t('call.page', { page: page + 1, pages })}>
        {page + 1} / {pages}
      </span>
      <IconButton
        kind="plain"
        icon="next"
        label={t('call.nextPage')}
        disabled={page === pages - 1}
        onClick={() => onTurn(page + 1)}
      />
    </nav>
  );
}
