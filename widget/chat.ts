// The chat that the launcher loads: puts memory, connection and view together, and is what the public methods call.
import { attempt, makeApi } from './api.ts';
import css from './chat.css?inline';
import { type Frame, makeFrame } from './frame.ts';
import type { Chat, Host } from './host.ts';
import { remember } from './memory.ts';
import type { Desk, Parts, State } from './parts.ts';
import { Talk } from './talk/talk.ts';
import type { Rest, Ui } from './view/ui.ts';
import type { Config } from './wire.ts';
import { english, findLanguage } from './words.ts';

export function startChat(host: Host): Chat {
  const api = makeApi(host.base, host.siteKey);
  const memory = remember(host.siteKey);
  const state: State = {
    language: { words: english, locale: 'en', dir: 'ltr' },
    locale: host.options.locale,
    config: null,
    ready: null,
    attributes: {},
    who: null,
  };
  adopt(host, css);

  let isDrawn = false;
  /** Many things change at once; they are drawn together. */
  function change(): void {
    if (isDrawn) return;
    isDrawn = true;
    queueMicrotask(() => {
      isDrawn = false;
      frame.panel()?.draw();
      const unread = talk.unread();
      host.show({ unread, label: frame.isOpen() ? state.language.words.close : state.language.words.open });
      rest.desk()?.count(unread);
    });
  }

  const talk = new Talk({
    api,
    memory,
    onChange: change,
    onNews(message) {
      host.emit('message', message);
      if (frame.isLookedAt()) return;
      host.emit('unread', talk.unread());
      if (state.config?.sound && !memory.now.isMuted && talk.isLeader()) void rest.withDesk((desk) => desk.ring());
    },
    onStatus: (status) => host.emit('status', status),
  });
  const openTalk = (id: string | null): Promise<void> => {
    memory.keep({ talk: id });
    talk.open(id);
    return frame.open('chat');
  };
  const rest = makeRest(() => parts);
  const frame: Frame = makeFrame({
    host,
    words: () => state.language.words,
    onChange: change,
    onRead: () => frame.isLookedAt() && talk.markRead(),
    async getUi() {
      const { who } = state;
      if (who) await rest.withRest(({ identifyNow }) => identifyNow(parts, who));
      state.ready ??= prepare(host, state, { ...rest, act: (what) => void rest.withDesk(what), api, memory, talk, openTalk, ...actionsOf(host, frame) });
      const ui = await state.ready;
      if (ui) memory.begin();
      else state.ready = null;
      return ui;
    },
  });
  const unwatch = watch(() => {
    memory.refresh();
    change();
  });
  if (memory.now.talk) talk.open(memory.now.talk);
  const parts: Parts = { host, state, api, memory, talk, frame, openTalk, change };
  // What was written before the page was left is sent now.
  if (memory.now.outbox.length > 0) void rest.withDesk(() => {});
  return methodsOf(parts, rest, unwatch);
}

const laterMethods = 'send start setVariables setAttributes identify reset transcript newConversation openConversation setLocale mute consent'.split(' ');

function methodsOf(parts: Parts, rest: Loading, unwatch: () => void): Chat {
  const { host, talk, frame } = parts;
  const later = (name: string): [string, Chat[string]] => [
    name,
    (...args: never[]) => rest.withRest(({ makeMethods }, desk) => makeMethods(parts, desk)[name]?.(...args)),
  ];
  return {
    ...Object.fromEntries(laterMethods.map(later)),
    open: () => frame.open(),
    close: frame.close,
    toggle: () => (frame.isOpen() ? frame.close() : frame.open()),
    prefill: frame.prefill,
    setScheme: (scheme: string) => setScheme(host, scheme),
    destroy() {
      talk.close();
      rest.desk()?.close();
      frame.panel()?.close();
      unwatch();
    },
  };
}

function actionsOf(host: Host, frame: Frame): Pick<Ui, 'adopt' | 'address' | 'goHome' | 'close' | 'say'> {
  return {
    adopt: (css) => adopt(host, css),
    address: (url) => new URL(url, host.base).href,
    goHome: () => frame.panel()?.show('home'),
    close: frame.close,
    say: (text) => frame.panel()?.say(text),
  };
}

const adopted = new WeakMap<ShadowRoot, Set<string>>();

/** A sheet that was constructed is allowed by every policy of the page. */
function adopt({ root }: Host, css: string): void {
  const known = adopted.get(root) ?? new Set();
  if (known.has(css)) return;
  adopted.set(root, known.add(css));
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
}

type Loaded = { rest: Rest; desk: Desk };
type Loading = Pick<Ui, 'rest' | 'withRest'> & { desk(): Desk | null; withDesk(use: (desk: Desk) => void): Promise<unknown> };

function makeRest(getParts: () => Parts): Loading {
  let loaded: Loaded | null = null;
  let loading: Promise<Loaded | null> | null = null;
  const fetchIt = async (): Promise<Loaded | null> => {
    const there = await attempt(
      async () => (await import('./rest.ts')).rest,
      () => null,
    );
    loading = null;
    if (there && !loaded) {
      adopt(getParts().host, there.css);
      loaded = { rest: there, desk: there.makeDesk(getParts()) };
      getParts().change();
    }
    return loaded;
  };
  const load = (): Promise<Loaded | null> => (loading ??= fetchIt());
  return {
    rest() {
      if (!loaded) void load();
      return loaded?.rest ?? null;
    },
    desk: () => loaded?.desk ?? null,
    async withRest(use) {
      const there = loaded ?? (await load());
      return there && use(there.rest, there.desk);
    },
    async withDesk(use) {
      const there = loaded ?? (await load());
      if (there) use(there.desk);
    },
  };
}

/** What the view needs to know first: the site, and the words for it. */
async function prepare(host: Host, state: State, rest: Omit<Ui, 'language' | 'config'>): Promise<Ui | null> {
  const wanted = [state.locale, document.documentElement.lang, ...navigator.languages].filter((one) => one !== undefined && one !== '');
  const [answer, language] = await Promise.all([
    state.config ? { ok: true as const, value: state.config } : rest.api.call<Config>('GET', '/config'),
    findLanguage(wanted as string[]),
  ]);
  state.language = language;
  if (!answer.ok) {
    host.emit('error', { error: answer.error, status: answer.status });
    return null;
  }
  const config = answer.value;
  if (!state.config) host.paint(config.theme);
  state.config = config;
  setScheme(host, host.options.scheme ?? config.theme.scheme);
  return { ...rest, language, config };
}

function setScheme({ element, options }: Host, scheme: string): void {
  options.scheme = scheme;
  element.style.colorScheme = scheme === 'light' || scheme === 'dark' ? scheme : 'light dark';
}

/** Other tabs write what this one knows, and what is seen depends on whether anybody looks. */
function watch(onChange: () => void): () => void {
  document.addEventListener('visibilitychange', onChange);
  window.addEventListener('storage', onChange);
  return () => {
    document.removeEventListener('visibilitychange', onChange);
    window.removeEventListener('storage', onChange);
  };
}
