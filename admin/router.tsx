// Every address of the console. Pages load when they are opened; inside the frame somebody is signed in.
import type { QueryClient } from '@tanstack/react-query';
import { createRootRouteWithContext, createRoute, createRouter, lazyRouteComponent as lazy, redirect } from '@tanstack/react-router';
import { mayBeSignedIn, queryText } from './api.ts';
import { boot } from './boot.ts';
import { loadWords, type WordGroup } from './i18n.ts';
import { meQuery } from './queries.ts';
import { PageGhost } from './ui/page-ghost.tsx';
import { NotFound, NotFoundPage, Wrong } from './ui/wrong.tsx';

/** Of an address's query, what the page knows; all of it text. */
function pick<const Name extends string>(...names: Name[]) {
  return (search: Record<string, unknown>): { [N in Name]?: string } => {
    const known: Record<string, string> = {};
    for (const name of names) if (typeof search[name] === 'string' && search[name] !== '') known[name] = search[name];
    return known as { [N in Name]?: string };
  };
}

/** A page comes with its words and with the styles of forms and lists: none is shown before all of it is there. */
// biome-ignore lint/suspicious/noExplicitAny: what a module exports, as the router's own type says it
function page<Module extends Record<string, any>, Name extends keyof Module>(words: WordGroup | WordGroup[], load: () => Promise<Module>, name: Name) {
  return lazy(() => Promise.all([load(), import('./theme/overlays.ts'), ...[words].flat().map(loadWords)]).then(([module]) => module), name);
}

const root = createRootRouteWithContext<{ queries: QueryClient }>()({ notFoundComponent: NotFoundPage });

const start = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: boot.setup_needed ? '/setup' : '/app', replace: true });
  },
});
const setUp = createRoute({
  getParentRoute: () => root,
  path: '/setup',
  validateSearch: pick('token'),
  component: page('outside', () => import('./pages/setup.tsx'), 'SetUp'),
});
const signIn = createRoute({
  getParentRoute: () => root,
  path: '/app/sign-in',
  validateSearch: pick('next'),
  component: page('outside', () => import('./pages/sign-in.tsx'), 'SignIn'),
});
const join = createRoute({ getParentRoute: () => root, path: '/app/join', component: page('outside', () => import('./pages/join.tsx'), 'Join') });

const Frame = lazy(() => import('./frame/frame.tsx'), 'Frame');
const frame = createRoute({
  getParentRoute: () => root,
  id: 'frame',
  beforeLoad: async ({ context, location }) => {
    // Its code and who is signed in are asked for at the same time.
    if (mayBeSignedIn()) void Frame.preload?.();
    const me = await context.queries.ensureQueryData(meQuery);
    if (!me) throw redirect({ to: '/app/sign-in', search: location.href === '/app' ? {} : { next: location.href }, replace: true });
  },
  component: Frame,
});

const app = createRoute({ getParentRoute: () => frame, path: '/app' });
const home = createRoute({ getParentRoute: () => app, path: '/', component: lazy(() => import('./pages/home.tsx'), 'Home') });
const sites = createRoute({
  getParentRoute: () => frame,
  path: '/app/sites',
  validateSearch: pick('new'),
  component: page('sites', () => import('./pages/sites/sites.tsx'), 'Sites'),
});
const site = createRoute({
  getParentRoute: () => frame,
  path: '/app/sites/$siteId',
  component: page('sites', () => import('./pages/sites/site.tsx'), 'SitePage'),
});
const subscribers = createRoute({
  getParentRoute: () => frame,
  path: '/app/subscribers',
  validateSearch: pick('q', 'tag', 'label', 'channel', 'sort', 'new'),
  component: page('subscribers', () => import('./pages/subscribers/subscribers.tsx'), 'Subscribers'),
});
const subscriber = createRoute({
  getParentRoute: () => frame,
  path: '/app/subscribers/$subscriberId',
  component: page(['subscribers', 'person', 'inbox'], () => import('./pages/subscribers/subscriber.tsx'), 'SubscriberPage'),
});
const inbox = createRoute({
  getParentRoute: () => frame,
  path: '/app/inbox',
  validateSearch: pick('view', 'q', 'c', 'm', 'info'),
  component: page(['inbox', 'person'], () => import('./inbox/inbox.tsx'), 'Inbox'),
});
const siteLook = createRoute({
  getParentRoute: () => frame,
  path: '/app/sites/$siteId/look',
  component: page('sites', () => import('./pages/sites/look.tsx'), 'SiteLook'),
});
const developers = createRoute({
  getParentRoute: () => frame,
  path: '/app/developers',
  component: page('developers', () => import('./pages/developers.tsx'), 'Developers'),
});

const settings = createRoute({
  getParentRoute: () => frame,
  path: '/app/settings',
  component: page('settings', () => import('./pages/settings/settings.tsx'), 'Settings'),
});
const settingsStart = createRoute({
  getParentRoute: () => settings,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/app/settings/workspace', replace: true });
  },
});
const workspace = createRoute({
  getParentRoute: () => settings,
  path: 'workspace',
  component: page('settings', () => import('./pages/settings/workspace.tsx'), 'WorkspaceSettings'),
});
const bots = createRoute({
  getParentRoute: () => settings,
  path: 'bots',
  validateSearch: pick('q', 'new'),
  component: page('settings', () => import('./pages/settings/bots.tsx'), 'Bots'),
});
const members = createRoute({
  getParentRoute: () => settings,
  path: 'members',
  validateSearch: pick('q', 'role', 'invite'),
  component: page('settings', () => import('./pages/settings/members.tsx'), 'Members'),
});
const fields = createRoute({
  getParentRoute: () => settings,
  path: 'fields',
  validateSearch: pick('of', 'q', 'new'),
  component: page('settings', () => import('./pages/settings/fields.tsx'), 'FieldsAndTags'),
});
const hours = createRoute({
  getParentRoute: () => settings,
  path: 'hours',
  component: page('settings', () => import('./pages/settings/hours.tsx'), 'HoursSettings'),
});
const words = createRoute({
  getParentRoute: () => settings,
  path: 'words',
  component: page('settings', () => import('./pages/settings/words.tsx'), 'WordsSettings'),
});
const brand = createRoute({
  getParentRoute: () => settings,
  path: 'brand',
  component: page('settings', () => import('./pages/settings/brand.tsx'), 'BrandSettings'),
});
const audit = createRoute({
  getParentRoute: () => settings,
  path: 'audit',
  validateSearch: pick('kind', 'from', 'until', 'fact'),
  component: page('settings', () => import('./pages/settings/audit.tsx'), 'Audit'),
});

const you = createRoute({ getParentRoute: () => frame, path: '/app/you', component: page('you', () => import('./pages/you/you.tsx'), 'You') });
const profile = createRoute({ getParentRoute: () => you, path: '/', component: page('you', () => import('./pages/you/profile.tsx'), 'Profile') });
const security = createRoute({ getParentRoute: () => you, path: 'security', component: page('you', () => import('./pages/you/security.tsx'), 'Security') });
const keys = createRoute({
  getParentRoute: () => you,
  path: 'keys',
  validateSearch: pick('new', 'workspace'),
  component: page('you', () => import('./pages/you/keys.tsx'), 'Keys'),
});
const appearance = createRoute({
  getParentRoute: () => you,
  path: 'appearance',
  component: page('you', () => import('./pages/you/appearance.tsx'), 'Appearance'),
});

const elsewhere = createRoute({ getParentRoute: () => app, path: '$', component: NotFound });

const tree = root.addChildren([
  start,
  setUp,
  signIn,
  join,
  frame.addChildren([
    app.addChildren([home, elsewhere]),
    inbox,
    subscribers,
    subscriber,
    sites,
    site,
    siteLook,
    developers,
    settings.addChildren([settingsStart, workspace, bots, members, fields, hours, words, brand, audit]),
    you.addChildren([profile, security, keys, appearance]),
  ]),
]);

export function makeRouter(queries: QueryClient) {
  return createRouter({
    routeTree: tree,
    context: { queries },
    defaultPreload: 'intent',
    defaultPendingMs: 120,
    defaultPendingMinMs: 240,
    defaultPendingComponent: PageGhost,
    defaultErrorComponent: Wrong,
    scrollRestoration: true,
    scrollToTopSelectors: ['main'],
    // Plain text both ways: an address is read by people, and a token of digits must stay a text.
    parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
    stringifySearch: (search) => queryText(search as Record<string, string>),
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
