// The frame around every page of a signed-in person: rail, bar, page; and what opens over all of them.
import { Skeleton } from '@mantine/core';
import { useHotkeys, useNetwork } from '@mantine/hooks';
import { Outlet, useLocation } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { usePlace, usePlaceOrNone } from '../place.ts';
import { Icon } from '../ui/icon.tsx';
import { Keys } from '../ui/keys.tsx';
import css from './frame.module.css';
import { useKnownPreferences } from './preferences.ts';
import { Rail } from './rail.tsx';
import { useShortcuts } from './shortcuts.ts';

// Menus, dialogs and what places them are a third of all code: the page stands before they are there.
const AccountMenu = lazy(() => import('./account-menu.tsx').then(({ AccountMenu }) => ({ default: AccountMenu })));
const Switchers = lazy(() => import('./switchers.tsx').then(({ Switchers }) => ({ default: Switchers })));
const RailDrawer = lazy(() => import('./rail/drawer.tsx').then(({ RailDrawer }) => ({ default: RailDrawer })));
const loadPalette = () => import('./palette.tsx');
const Palette = lazy(() => loadPalette().then(({ Palette }) => ({ default: Palette })));
const ShortcutHelp = lazy(() => import('./shortcuts/help.tsx').then(({ ShortcutHelp }) => ({ default: ShortcutHelp })));
const NewWorkspace = lazy(() => import('./new-workspace.tsx').then(({ NewWorkspace }) => ({ default: NewWorkspace })));
const NoWorkspace = lazy(() => import('./no-workspace.tsx').then(({ NoWorkspace }) => ({ default: NoWorkspace })));

/** What may lie over the page, one at a time. */
export type Over = 'palette' | 'shortcuts' | 'new-workspace' | 'rail' | null;

export function Frame() {
  const here = usePlaceOrNone();
  useKnownPreferences();
  if (here) return <Framed />;
  return (
    <Suspense>
      <NoWorkspace />
    </Suspense>
  );
}

function Framed() {
  const { t } = useTranslation();
  const [over, setOver] = useState<Over>(null);
  const { online } = useNetwork();
  const close = () => setOver(null);
  useHotkeys([['mod+K', () => setOver((now) => (now === 'palette' ? null : 'palette'))]], []);
  useShortcuts(() => setOver('shortcuts'));
  // Whoever presses Ctrl-K goes on typing at once.
  useEffect(() => void setTimeout(loadPalette, 1000), []);
  return (
    <div className={css.frame}>
      <a href="#main" className={css.skip}>
        {t('nav.skip')}
      </a>
      <Rail onShortcuts={() => setOver('shortcuts')} />
      <div className={css.panel}>
        <Bar onOpen={setOver} />
        {!online && (
          <div className={css.offline} role="status">
            {t('problem.offline')}
          </div>
        )}
        <Main />
      </div>
      <Suspense>
        {over === 'rail' && <RailDrawer onClose={close} onShortcuts={() => setOver('shortcuts')} />}
        {over === 'palette' && <Palette onClose={close} onOpen={setOver} />}
        {over === 'shortcuts' && <ShortcutHelp onClose={close} />}
        {over === 'new-workspace' && <NewWorkspace onClose={close} />}
      </Suspense>
    </div>
  );
}

function Bar({ onOpen }: { onOpen: (over: Over) => void }) {
  const { t } = useTranslation();
  return (
    <header className={css.bar}>
      <button type="button" className={`${css.round} ${css.narrowOnly}`} aria-label={t('nav.open')} onClick={() => onOpen('rail')}>
        <Icon name="menu" size={18} />
      </button>
      <Suspense fallback={<Skeleton height={20} width="min(240px, 40%)" mx={8} />}>
        <Switchers onNew={() => onOpen('new-workspace')} />
      </Suspense>
      <div className={css.gap} />
      <button type="button" className={css.find} onClick={() => onOpen('palette')} aria-keyshortcuts="Control+K Meta+K">
        <Icon name="search" size={15} />
        <span>{t('palette.open')}</span>
        <Keys keys={['mod', 'K']} />
      </button>
      <Suspense fallback={<Skeleton height={28} width={28} circle mx={4} />}>
        <AccountMenu />
      </Suspense>
    </header>
  );
}

/** A new page is read from its top, by eye and by screen reader. */
function Main() {
  const { pathname } = useLocation();
  const { botPlace } = usePlace();
  const main = useRef<HTMLElement>(null);
  const last = useRef(pathname);
  useEffect(() => {
    if (last.current === pathname) return;
    last.current = pathname;
    if (!main.current?.contains(document.activeElement)) main.current?.focus({ preventScroll: true });
  }, [pathname]);
  return (
    <main id="main" ref={main} className={css.main} tabIndex={-1}>
      <Outlet key={`${botPlace.workspace} ${botPlace.bot}`} />
    </main>
  );
}
