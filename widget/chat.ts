// The chat that the launcher loads: puts memory, connection and view together, and is what the public methods call.
import { attempt, makeApi } from './api.ts';
import css from './chat.css?inline';
import type { Chat, Host } from './host.ts';
import { remember } from './memory.ts';
import type { Desk, Parts, State } from './parts.ts';
import { Talk } from './talk/talk.ts';
import { type Frame, makeFrame } from './view/frame.ts';
import type { Rest, Ui } from './view/ui.ts';
import type { Config } from './wire.ts';
import { english, findLanguage, type Language, localesOf } from './words.ts';

export function startChat(host: Host): Chat {
  const api = makeApi(host.base, host.siteKey);
  const memory = remember(host.siteKey);
  const language: Language = { words: english, locale: 'en', dir: 'ltr' };
  const state: State = { language, locale: host.options.locale, config: null, ready: null, attributes: {}, who: null };
  const adopt = makeAdopt(host);
  adopt(css);

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
      rest.desk()?.look();
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
      if (state.config?.sound && !memory.now.isMuted && talk.isLeader()) void rest.withDesk((desk) => desk.call('ring'));
    },
    emit: host.emit,
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
      if (state.who) await rest.withDesk((desk) => desk.call('identifyNow'));
      state.ready ??= prepare(host, state, { ...rest, act: (what) => void rest.withDesk(what), api, memory, talk, openTalk, adopt, ...actionsOf(host, frame) });
      const ui = await state.ready;
      if (ui) memory.begin();
      else state.ready = null;
      return ui;
    },
  });
  const unwatch = watch(() => {
    memory.refresh();
    // All tabs are in one conversation: what is written in any of them belongs to it.
    if (talk.id() !== memory.now.talk) talk.open(memory.now.talk);
    change();
  });
  if (memory.now.talk) talk.open(memory.now.talk);
  const parts: Parts = { host, state, api, memory, talk, frame, openTalk, change, adopt };
  // What was written before the page was left is sent now.
  if (memory.now.outbox.length > 0) void rest.withDesk(() => {});
  return methodsOf(parts, rest, unwatch);
}

function methodsOf({ host, talk, frame }: Parts, rest: Loading, unwatch: () => void): Chat {
  const now: Chat = {
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
  // The others come when one of them is called.
  const later =
    (name: string) =>
    (...args: never[]) =>
      rest.withDesk((desk) => desk.call(name, ...args));
  return new Proxy(now, { get: (_, name: string) => now[name] ?? later(name) });
}

function actionsOf(host: Host, frame: Frame): Pick<Ui, 'address' | 'goHome' | 'close' | 'say'> {
  return {
    address: (url) => new URL(url, host.base).href,
    goHome: () => frame.panel()?.show('home'),
    close: frame.close,
    say: (text) => frame.panel()?.say(text),
  };
}

/** A sheet that was constructed is allowed by every policy of the page. */
function makeAdopt({ root }: Host): Parts['adopt'] {
  const known = new Set<string>();
  return (css) => {
    if (known.has(css)) return;
    known.add(css);
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
  };
}

type Loaded = { rest: Rest; desk: Desk };
type Loading = Pick<Ui, 'rest' | 'withRest'> & { desk(): Desk | null; withDesk(use: (desk: Desk) => unknown): Promise<unknown> };

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
      getParts().adopt(there.css);
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
      return there && use(there.desk);
    },
  };
}

/** What the view needs to know first: the site, and the words for it. */
async function prepare(host: Host, state: State, rest: Omit<Ui, 'language' | 'config'>): Promise<Ui | null> {
  const [answer, language] = await Promise.all([
    state.config ? { ok: true as const, value: state.config } : rest.api.call<Config>('GET', '/config'),
    findLanguage(localesOf(state.locale)),
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
