// A few words beside the button, before anybody has opened the chat: the page's own, the newest message nobody has read,
// or the greeting.

import type { Chat } from '../host.ts';
import css from '../methods.css?inline';
import type { Desk, Parts } from '../parts.ts';
import { h, iconButton } from '../view/dom.ts';
import type { Config } from '../wire.ts';
import { findLanguage, localesOf } from '../words.ts';

type Preview = string | { text?: string; afterMs?: number };

const mostLetters = 300;

export function makePreview({ host, state, api, talk, frame, adopt }: Parts, desk: Desk): Chat {
  let shown: HTMLElement | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const hidePreview = (): void => {
    clearTimeout(timer);
    shown?.remove();
    shown = null;
  };
  desk.watch(() => frame.isOpen() && hidePreview());

  async function usualText(): Promise<string> {
    const unread = talk.unread() > 0 && talk.shown().findLast((one) => one.direction === 'outbound');
    if (unread) return unread.body;
    if (state.config) return state.config.greeting;
    const answer = await api.call<Config>('GET', '/config');
    return answer.ok ? answer.value.greeting : '';
  }

  return {
    hidePreview,
    async showPreview(what: Preview = '') {
      hidePreview();
      const { text = '', afterMs = 0 } = typeof what === 'string' ? { text: what } : what;
      const [said, { words, dir }] = [text || (await usualText()), await findLanguage(localesOf(state.locale))];
      const label = { dismiss: 'Dismiss', ...words }.dismiss;
      hidePreview();
      if (said) timer = setTimeout(show, afterMs);
      function show(): void {
        if (frame.isOpen()) return;
        adopt(css);
        const letters = [...said];
        const cut = letters.length > mostLetters ? `${letters.slice(0, mostLetters).join('')}…` : said;
        const open = h('button', { type: 'button', dir: 'auto', onclick: () => void frame.open() }, cut);
        shown = h('div', { class: 'preview', part: 'preview', role: 'status', dir }, open, iconButton('close', label, hidePreview));
        host.root.append(shown);
      }
    },
  };
}
