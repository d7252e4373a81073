import { useEffect, useRef, useState } from 'preact/hooks';
import type { View } from './core/api.gen';
import { useCore, useSnapshot } from './core/context';
import { open, type Opening } from './core/core';
import { Call } from './call/Call';
import { takePassphrase } from './fragment';
import { t } from './i18n/t';
import { go, roomPath, routeOf, useRoute, type Route } from './route';
import { BadRoom } from './screens/BadRoom';
import { Crash } from './screens/Crash';
import { EngineMissing } from './screens/EngineMissing';
import { End } from './screens/End';
import { Enrol } from './screens/Enrol';
import { Prejoin } from './screens/Prejoin';
import { SignInPage } from './screens/SignInPage';
import { Unable } from './screens/Unable';
import { Waiting } from './screens/Waiting';
import { Welcome } from './screens/Welcome';
import { AudioSinks } from './media/AudioSinks';
import { Notes } from './ui/Notes';

/** Chooses the screen: by the address what the page is about, by the core where in its life a meeting is. */
export function App({ token }: { token: string }) {
  const core = useCore();
  const { view, engine } = useSnapshot(core);
  const route = useRoute();
  const [chosen, choose] = useState(''); // the room whose name the person chose here, as it came into the address
  const visit = useAddress(view, engine.phase === 'ready');
  const title = titleOf(route, view);
  useEffect(() => {
    document.title = title;
  }, [title]);

  const openRoom = (opening: Opening) => {
    choose(encodeURIComponent(opening.room));
    go(roomPath(opening.room, opening.e2ee));
    open(core, opening);
  };
  const goHome = () => {
    choose('');
    go('/');
    void core.dispatch({ t: 'home' });
  };

  if (engine.phase === 'crashed') return <Crash details={engine.details} />;
  return (
    <>
      {screen()}
      <AudioSinks peers={view.peers} speaker={view.devices.speaker} active={view.app.screen === 'call'} />
      <Notes />
      {engine.phase === 'missing' && <EngineMissing />}
    </>
  );

  function screen() {
    switch (route.page) {
      case 'home':
        return <Welcome view={view} engine={engine} onOpen={openRoom} />;
      case 'signin':
        return <SignInPage auth={view.auth} onHome={goHome} />;
      case 'enrol':
        return <Enrol auth={view.auth} token={token} onHome={goHome} />;
      case 'unknown':
        return <BadRoom onHome={goHome} />;
      case 'room':
        return meeting(route.room, route.e2ee);
    }
  }

  /** By the address, as the snapshot may still be of the room before. */
  function isChosen(room: string): boolean {
    const named = (segment: string) => core.parse(segment)?.name || segment;
    return chosen !== '' && named(chosen) === named(room);
  }

  function meeting(room: string, e2ee: boolean) {
    if (view.room.problem.code) return <BadRoom problem={view.room.problem} onHome={goHome} />;
    switch (view.app.screen) {
      case 'waiting':
        return <Waiting view={view} />;
      case 'call':
        return <Call view={view} />;
      case 'end':
        return <End view={view} onHome={goHome} />;
      default:
        if (view.crypto.on && view.crypto.able === 'no') return <Unable onHome={goHome} />;
        // What was typed for one room is not for the next.
        return <Prejoin key={visit} view={view} engine={engine} chosenHere={isChosen(room)} e2ee={e2ee} onOpen={openRoom} />;
    }
  }
}

/**
 * Keeps address and core in step: the address shows a room's canonical name and whether it is encrypted, and Back,
 * Forward and another # choose rooms. Returns which visit this is: another number for each room that they chose.
 */
function useAddress(view: View, ready: boolean): number {
  const core = useCore();
  const [visit, count] = useState(0);
  const { name } = view.room;
  const { on } = view.crypto;
  const asked = useRef(name);
  useEffect(() => {
    if (ready && name && routeOf(location.pathname).page === 'room') go(roomPath(name, on), true);
    asked.current = name;
  }, [ready, name, on]);
  useEffect(() => {
    const moved = () => {
      const route = routeOf(location.pathname, location.hash);
      if (route.page !== 'room') {
        if (asked.current) void core.dispatch({ t: 'home' });
        return;
      }
      const passphrase = takePassphrase();
      const encrypted = core.state().crypto.on;
      const same = asked.current !== '' && location.pathname === roomPath(asked.current);
      if (!same) count((n) => n + 1);
      // A room that is entered in clear is left for a link that says that it is encrypted.
      if (!same || (route.e2ee && !encrypted)) return open(core, { ...route, passphrase });
      if (passphrase) void core.dispatch({ t: 'crypto.passphrase', text: passphrase });
      go(roomPath(asked.current, encrypted), true);
    };
    addEventListener('popstate', moved);
    return () => removeEventListener('popstate', moved);
  }, [core]);
  return visit;
}

/** The page's title. */
function titleOf(route: Route, { room: { name }, chat: { unread } }: View): string {
  if (route.page === 'signin' || route.page === 'enrol') return t('app.titlePage', { page: t(`${route.page}.title`) });
  if (route.page !== 'room' || !name) return t('app.name');
  return unread > 0 ? t('app.titleUnread', { unread, room: name }) : t('app.titleRoom', { room: name });
}
