// What happens further up: older messages come when their place is reached, and a button leads back to the newest.
import { h, icon } from '../../view/dom.ts';
import type { Log, Scrolling, Ui } from '../../view/ui.ts';
import type { Messages } from '../../wire.ts';
import { said } from '../../words.ts';
import { down as downShape } from '../shapes.ts';
import { wordsOf } from '../words.ts';

const nearPx = 120;
const pageSize = 50;

export function makeScrolling(ui: Ui, { element, scroller, draw, toEnd }: Log): Scrolling {
  const words = wordsOf(ui);
  const jump = h('button', { type: 'button', class: 'jump', onclick: toEnd });
  element.append(jump);
  let isLoading = false;
  async function older(): Promise<void> {
    const [id, before] = [ui.talk.id(), ui.talk.before()];
    if (isLoading || before === null) return;
    isLoading = true;
    const answer = await ui.api.call<Messages>('GET', `/conversations/${id}/messages?limit=${pageSize}&before=${before}`);
    if (answer.ok && ui.talk.id() === id) {
      // From the end, and as it is now: the reader may have moved on while it came.
      const fromEnd = scroller.scrollHeight - scroller.scrollTop;
      ui.talk.prepend(answer.value);
      draw();
      scroller.scrollTop = scroller.scrollHeight - fromEnd;
    }
    isLoading = false;
  }
  return ({ wasAtEnd }) => {
    const unread = ui.talk.unread();
    jump.hidden = wasAtEnd;
    jump.replaceChildren(icon(downShape), unread > 0 ? String(unread) : '');
    jump.ariaLabel = unread > 0 ? said(words.waiting, unread) : words.jump;
    if (scroller.scrollTop < nearPx) void older();
  };
}
