// Where the person stands: which of their workspaces, which of its bots, and in which role. Kept per browser, held per
// tab: two tabs may look at two workspaces.
import { useSuspenseQuery } from '@tanstack/react-query';
import { useLocation, useNavigate } from '@tanstack/react-router';
import { useSyncExternalStore } from 'react';
import type { Me, MyBot, MyWorkspace } from './api/replies.ts';
import type { Place } from './api.ts';
import { meQuery } from './queries.ts';
import { type Act, may } from './roles.ts';

type Choice = { workspace: number | null; bots: Record<number, string> };

const storageKey = 'place';
const listeners = new Set<() => void>();
let choice: Choice = readChoice(localStorage.getItem(storageKey));

/** Whatever stands in the browser's storage may be old or someone else's: it must only never break the page. */
export function readChoice(text: string | null): Choice {
  const found = /^\{"workspace":(\d{1,15}),"bots":\{((?:"\d{1,15}":"f\d{1,15}",?)*)\}\}$/.exec(text ?? '');
  if (!found) return { workspace: null, bots: {} };
  return { workspace: Number(found[1]), bots: Object.fromEntries([...(found[2] ?? '').matchAll(/"(\d+)":"(f\d+)"/g)].map(([, id, bot]) => [id, bot])) };
}

export function goTo(workspace: number, bot?: string): void {
  choice = { workspace, bots: bot === undefined ? choice.bots : { ...choice.bots, [workspace]: bot } };
  localStorage.setItem(storageKey, JSON.stringify(choice));
  for (const listener of listeners) listener();
}

/** A page about one thing of the old place gives way to the list it was opened from. */
export function useSwitch() {
  const navigate = useNavigate();
  const { pathname } = useLocation();
  return (workspace: number, bot?: string) => {
    goTo(workspace, bot);
    if (/^\/app\/sites\/./.test(pathname)) void navigate({ to: '/app/sites' });
    if (/^\/app\/subscribers\/./.test(pathname)) void navigate({ to: '/app/subscribers' });
    if (pathname === '/app/inbox') void navigate({ to: '/app/inbox' });
  };
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export type Here = {
  me: Me;
  workspace: MyWorkspace;
  bot: MyBot | null;
  /** For calls about the workspace; `botPlace` for calls about the bot. */
  place: Place;
  botPlace: Place;
  may: (act: Act) => boolean;
};

/** Null for someone who is no longer a member of anything. */
export function usePlaceOrNone(): Here | null {
  const me = useMe();
  const chosen = useSyncExternalStore(subscribe, () => choice);
  const workspace = me.workspaces.find((one) => one.id === chosen.workspace) ?? me.workspaces[0];
  if (!workspace) return null;
  const bot = workspace.bots.find((one) => one.flow_ns === chosen.bots[workspace.id]) ?? workspace.bots[0] ?? null;
  return {
    me,
    workspace,
    bot,
    place: { workspace: workspace.id, bot: null },
    botPlace: { workspace: workspace.id, bot: bot?.flow_ns ?? null },
    may: (act) => may(workspace.role, act),
  };
}

/** Inside the frame, which opens only for members. */
export function usePlace(): Here {
  const here = usePlaceOrNone();
  if (!here) throw new Error('a page of a workspace was opened outside the frame');
  return here;
}

export function useMe(): Me {
  const { data } = useSuspenseQuery(meQuery);
  if (!data) throw new Error('a page of a person was opened without one');
  return data;
}
