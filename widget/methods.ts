// What few need, fetched when one of them does: the public methods that do not merely open and close, the menu,
// the conversations there have been, a sound, a link that is over.
import type { Chat } from './host.ts';
import { makeFollowing } from './methods/following.ts';
import { identifyNow } from './methods/identity.ts';
import { openMenu, saveTranscript } from './methods/menu.ts';
import { makePreview } from './methods/preview.ts';
import { showRecent } from './methods/recent.ts';
import { freshUrl } from './methods/renewal.ts';
import { ring } from './methods/ring.ts';
import type { Desk, Parts, Values, Who } from './parts.ts';

export function makeMethods(parts: Parts, desk: Desk): Chat {
  const { host, state, memory, talk, frame } = parts;
  const following = makeFollowing(parts, desk);
  // Who somebody is was said before they opened it, or before there was a conversation: it is told now.
  let before = '';
  desk.watch(() => {
    const now = `${frame.isOpen()} ${talk.id() !== null}`;
    if (now !== before && now.includes('true')) void identifyNow(parts);
    before = now;
  });
  const setAttributes = (more: Values): Promise<boolean> | undefined => {
    state.attributes = { ...state.attributes, ...more };
    // A conversation that is yet to begin begins with them.
    return talk.id() === null ? undefined : following.tell('attributes', { of: 'visitor', attributes: more });
  };
  return {
    ...makePreview(parts, desk),
    openMenu,
    showRecent,
    ring,
    freshUrl,
    async send(what: string | { text?: string; payload?: string }) {
      await frame.open('chat');
      const { text = '', payload } = typeof what === 'string' ? { text: what } : what;
      if (text || payload) desk.send({ text: text || `${payload}`, ...(payload && { payload }) });
    },
    async start(flow: string, variables: Values = {}) {
      state.attributes = { ...state.attributes, ...variables };
      memory.keep({ talk: null });
      talk.open(null);
      await frame.open('chat');
      desk.start(flow);
    },
    setVariables: setAttributes,
    setAttributes,
    setConversationAttributes: (attributes: Values) => following.tell('attributes', { of: 'conversation', attributes }),
    addLabels: (...names: (string | string[])[]) => following.tell('labels', { add: names.flat() }),
    removeLabels: (...names: (string | string[])[]) => following.tell('labels', { remove: names.flat() }),
    track: following.track,
    // A page says so on every visit: until there is something to connect it with, nobody is told and nothing is stored.
    async identify(who: Who) {
      state.who = who;
      return (memory.now.token || frame.isOpen()) && identifyNow(parts);
    },
    identifyNow: () => identifyNow(parts),
    async reset() {
      talk.open(null);
      memory.forget();
      following.forget();
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
