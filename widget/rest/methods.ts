// The public methods that few pages call.
import type { Chat } from '../host.ts';
import { randomToken } from '../memory.ts';
import type { Desk, Parts, Values, Who } from '../parts.ts';
import type { Identified } from '../wire.ts';
import { saveTranscript } from './menu.ts';

export function makeMethods(parts: Parts, desk: Desk): Chat {
  const { host, state, memory, talk, frame } = parts;
  const addAttributes = (more: Values): void => {
    state.attributes = { ...state.attributes, ...more };
  };
  return {
    async send(what: string | { text?: string; payload?: string }) {
      await frame.open('chat');
      const { text = '', payload } = typeof what === 'string' ? { text: what } : what;
      if (text || payload) desk.send({ text: text || `${payload}`, ...(payload && { payload }) });
    },
    async start(flow: string, variables: Values = {}) {
      addAttributes(variables);
      memory.keep({ talk: null });
      talk.open(null);
      await frame.open('chat');
      desk.start(flow);
    },
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
      return ui && memory.now.talk ? saveTranscript(ui) : null;
    },
    newConversation: () => parts.openTalk(null),
    openConversation: (id: string) => parts.openTalk(id),
    setLocale(locale: string) {
      state.locale = locale;
      state.ready = null;
      return frame.rebuild();
    },
    mute: (isMuted: unknown = true) => memory.keep({ isMuted: Boolean(isMuted) }),
    consent: (isGiven: unknown = true) => memory.keep({ consent: Boolean(isGiven) }),
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
