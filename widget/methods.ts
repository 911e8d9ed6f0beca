// The public methods that need the chat; the launcher answers the others itself.
import type { Api } from './api.ts';
import type { Frame } from './frame.ts';
import type { Chat, Host } from './host.ts';
import { type Remembered, randomToken } from './memory.ts';
import type { Sending, Values } from './sending.ts';
import type { Outbox } from './talk/outbox.ts';
import type { Talk } from './talk/talk.ts';
import type { Ui } from './view/ui.ts';
import type { Config, Identified, Identify } from './wire.ts';
import type { Language } from './words.ts';

type Who = Omit<Identify, 'visitor_token'>;

/** What is so just now; the rest asks it. */
export type State = {
  language: Language;
  locale: string | undefined;
  config: Config | null;
  ready: Promise<Ui | null> | null;
  attributes: Values;
  /** Who the page says it is, not told to the server yet. */
  who: Who | null;
};

export type Parts = {
  host: Host;
  state: State;
  api: Api;
  memory: Remembered;
  talk: Talk;
  outbox: Outbox;
  sending: Sending;
  frame: Frame;
  openTalk(id: string | null): void;
  change(): void;
  unwatch(): void;
};

export function makeMethods(parts: Parts): Chat {
  const { host, state, memory, talk, outbox, sending, frame } = parts;
  const addAttributes = (more: Values): void => {
    state.attributes = { ...state.attributes, ...more };
  };
  return {
    open: () => frame.open(),
    close: frame.close,
    toggle: () => (frame.isOpen() ? frame.close() : frame.open()),
    async send(what: string | { text?: string; payload?: string }) {
      await frame.open('chat');
      const { text = '', payload } = typeof what === 'string' ? { text: what } : what;
      if (text || payload) sending.send({ text: text || `${payload}`, ...(payload && { payload }) });
    },
    async start(flow: string, variables: Values = {}) {
      addAttributes(variables);
      memory.keep({ talk: null });
      talk.open(null);
      await frame.open('chat');
      sending.start(flow);
    },
    prefill: frame.prefill,
    setVariables: addAttributes,
    setAttributes: addAttributes,
    // A page says so on every visit: until there is something to connect it with, nobody is told and nothing is stored.
    async identify(who: Who) {
      state.who = who;
      return (memory.now.token || frame.isOpen()) && identifyNow(parts, who);
    },
    async reset() {
      talk.open(null);
      memory.forget();
      state.attributes = {};
      state.who = null;
      await frame.rebuild();
      host.emit('reset');
    },
    async transcript() {
      await frame.open('chat');
      const ui = await state.ready;
      return new Promise((resolve) => {
        if (ui && memory.now.talk) ui.withSeldom(({ saveTranscript }) => resolve(saveTranscript(ui)));
        else resolve(null);
      });
    },
    newConversation: () => parts.openTalk(null),
    openConversation: (id: string) => parts.openTalk(id),
    setLocale(locale: string) {
      state.locale = locale;
      state.ready = null;
      return frame.rebuild();
    },
    setScheme(scheme: string) {
      host.options.scheme = scheme;
      setScheme(host, scheme);
    },
    mute: (isMuted: unknown = true) => memory.keep({ isMuted: Boolean(isMuted) }),
    consent: (isGiven: unknown = true) => memory.keep({ consent: Boolean(isGiven) }),
    destroy() {
      talk.close();
      outbox.close();
      frame.panel()?.close();
      parts.unwatch();
    },
  };
}

/** A verified person gets the token that their conversations open with on every device. */
export async function identifyNow({ host, state, api, memory, talk, frame }: Parts, who: Who): Promise<boolean> {
  const token = memory.now.token ?? randomToken();
  const answer = await api.call<Identified>('POST', '/identify', { visitor_token: token, ...who, attributes: { ...state.attributes, ...who.attributes } });
  if (!answer.ok) {
    host.emit('error', { error: answer.error, status: answer.status });
    return false;
  }
  state.who = null;
  memory.begin();
  const { visitor_token, verified } = answer.value;
  const isOther = visitor_token !== memory.now.token;
  memory.keep({ token: visitor_token, ...(who.name && { name: who.name }), ...(who.email && { email: who.email }), ...(isOther && { talk: null }) });
  if (isOther) {
    talk.open(null);
    await frame.rebuild();
  }
  host.emit('identify', { verified });
  return verified;
}

export function setScheme({ element }: Host, scheme: string): void {
  element.style.colorScheme = scheme === 'light' || scheme === 'dark' ? scheme : 'light dark';
}
