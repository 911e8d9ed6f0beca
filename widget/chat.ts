// The chat that the launcher loads: puts memory, connection and view together, and is what the public methods call.
import { attempt, makeApi } from './api.ts';
import { makeAttention } from './attention.ts';
import css from './chat.css?inline';
import { type Frame, makeFrame } from './frame.ts';
import type { Chat, Host } from './host.ts';
import { remember } from './memory.ts';
import type { Parts, State } from './parts.ts';
import { makeSending } from './sending.ts';
import { makeOutbox } from './talk/outbox.ts';
import { makeTalk } from './talk/talk.ts';
import type { Seldom, Ui } from './view/ui.ts';
import type { Config, Conversations } from './wire.ts';
import { english, findLanguage } from './words.ts';

export function startChat(host: Host): Chat {
  const api = makeApi(host.base, host.siteKey);
  const memory = remember(host.siteKey);
  const attention = makeAttention();
  const state: State = { language: { words: english, locale: 'en', dir: 'ltr' }, locale: host.options.locale, config: null, ready: null, attributes: {}, who: null };
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
      attention.count(unread);
    });
  }

  const talk = makeTalk({
    api,
    memory,
    onChange: change,
    onNews(message) {
      host.emit('message', message);
      if (frame.isLookedAt()) return;
      host.emit('unread', talk.unread());
      if (state.config?.sound && !memory.now.isMuted && talk.isLeader()) attention.ring();
    },
    onStatus: (status) => host.emit('status', status),
  });
  const outbox = makeOutbox({
    api,
    memory,
    onOpened(opened) {
      talk.opened(opened);
      host.emit('started', { conversation: opened.conversation_token });
    },
    onSent(at, message) {
      if (at === memory.now.talk) talk.add([message]);
      host.emit('sent', message);
    },
    onFailed: ({ clientId, error }) => host.emit('failed', { client_id: clientId, error }),
    onChange: change,
  });
  const sending = makeSending({ memory, outbox, config: () => state.config, locale: () => state.language.locale, attributes: () => state.attributes });
  const openTalk = (id: string | null): Promise<void> => {
    memory.keep({ talk: id });
    talk.open(id);
    return frame.open('chat');
  };
  const seldom = makeSeldom(host, change);
  const frame: Frame = makeFrame({
    host,
    words: () => state.language.words,
    onChange: change,
    onRead: () => frame.isLookedAt() && talk.markRead(),
    async getUi() {
      const { who } = state;
      if (who) await seldom.withSeldom(({ identifyNow }) => identifyNow(parts, who));
      state.ready ??= prepare(host, state, { ...seldom, api, memory, talk, outbox, send: sending.send, openTalk, ...actionsOf() });
      const ui = await state.ready;
      if (ui) memory.begin();
      else state.ready = null;
      return ui;
    },
  });
  const actionsOf = () => ({
    address: (url: string) => new URL(url, host.base).href,
    answer: (message_id: number, values: { [field: string]: string | string[] }, text: string) =>
      void outbox.add({ text, attachments: [], form: { client_id: '', message_id, values } }),
    conversations: () => api.call<Conversations>('GET', '/conversations', undefined, memory.now.token ?? ''),
    goHome: () => frame.panel()?.show('home'),
    close: frame.close,
    say: (text: string) => frame.panel()?.say(text),
  });
  const unwatch = watch(() => {
    memory.refresh();
    change();
  });
  if (memory.now.talk) talk.open(memory.now.talk);
  outbox.flush();
  const parts: Parts = { host, state, api, memory, talk, outbox, sending, frame, openTalk };
  const later = (name: string): [string, Chat[string]] => [name, (...args: never[]) => seldom.withSeldom(({ makeMethods }) => makeMethods(parts)[name]?.(...args))];
  return {
    ...Object.fromEntries(laterMethods.map(later)),
    open: () => frame.open(),
    close: frame.close,
    toggle: () => (frame.isOpen() ? frame.close() : frame.open()),
    prefill: frame.prefill,
    setScheme: (scheme: string) => setScheme(host, scheme),
    destroy() {
      talk.close();
      outbox.close();
      frame.panel()?.close();
      unwatch();
    },
  };
}

const laterMethods = 'send start setVariables setAttributes identify reset transcript newConversation openConversation setLocale mute consent'.split(' ');

/** A sheet that was constructed is allowed by every policy of the page. */
function adopt({ root }: Host, css: string): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
}

function makeSeldom(host: Host, onChange: () => void): Pick<Ui, 'seldom' | 'withSeldom'> {
  let loaded: Seldom | null = null;
  let loading: Promise<Seldom | null> | null = null;
  const load = (): Promise<Seldom | null> => {
    loading ??= attempt(
      async () => (await import('./seldom.ts')).seldom,
      () => null,
    ).then((there) => {
      if (there && !loaded) adopt(host, there.css);
      loaded = there;
      if (!there) loading = null;
      else onChange();
      return there;
    });
    return loading;
  };
  return {
    seldom() {
      if (!loaded && !loading) void load();
      return loaded;
    },
    withSeldom: async (use) => {
      const there = await load();
      return there && use(there);
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
