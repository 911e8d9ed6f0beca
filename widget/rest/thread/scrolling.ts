// What happens further up: older messages come when their place is reached, and a button leads back to the newest.
import { h, icon } from '../../view/dom.ts';
import type { Log, Scrolling, Ui } from '../../view/ui.ts';
import { said } from '../../words.ts';
import { down as downShape } from '../shapes.ts';
import { wordsOf } from '../words.ts';

const nearPx = 120;

export function makeScrolling(ui: Ui, { element, scroller, draw, toEnd }: Log): Scrolling {
  const words = wordsOf(ui);
  const jump = h('button', { type: 'button', class: 'jump', onclick: toEnd });
  element.append(jump);
  let isLoading = false;
  async function older(): Promise<void> {
    if (isLoading || !ui.talk.hasOlder()) return;
    isLoading = true;
    const fromEnd = scroller.scrollHeight - scroller.scrollTop;
    await ui.talk.older();
    draw();
    scroller.scrollTop = scroller.scrollHeight - fromEnd;
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
