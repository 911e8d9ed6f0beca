// The messages of a conversation as a log: grouped, with days and what is new between them, kept at the end while the
// reader is there and left alone while they read further up.
import type { Shown } from '../talk/talk.ts';
import { said } from '../words.ts';
import { avatarOf, bubble, hasParts } from './bubble.ts';
import { fill, h, type Item } from './dom.ts';
import { plainName } from './markup.ts';
import { askingOf, dayOf, type Scrolling, timeOf, type Ui } from './ui.ts';

export type Thread = {
  element: HTMLElement;
  draw(): void;
  /** What is unread now is marked as new. */
  mark(): void;
  toEnd(): void;
  close(): void;
};

const togetherMs = 5 * 60_000;
const nearPx = 60;

export function makeThread(ui: Ui, { intro, onRead }: { intro: HTMLElement; onRead(): void }): Thread {
  const { words } = ui.language;
  const list = h('div', { class: 'list', role: 'log', 'aria-label': words.log });
  const scroller = h('div', { class: 'log', tabIndex: 0, role: 'region', 'aria-label': words.log }, intro, list);
  const element = h('div', { class: 'thread' }, scroller);
  let newFrom: number | null = null;
  let wasAtEnd = true;
  let scrolling: Scrolling | null = null;

  function toEnd(): void {
    scroller.scrollTop = scroller.scrollHeight;
    settle();
  }
  function settle(): void {
    wasAtEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < nearPx;
    scrolling?.({ wasAtEnd });
    if (wasAtEnd) onRead();
  }
  scroller.onscroll = settle;
  // Pictures, answers and the keyboard change its height.
  const sizes = new ResizeObserver(() => wasAtEnd && toEnd());
  for (const one of [scroller, list]) sizes.observe(one);

  function draw(): void {
    const isOwnNews = ui.talk.shown().at(-1)?.pending !== undefined;
    scrolling ??= ui.rest()?.makeScrolling(ui, { element, scroller, draw, toEnd }) ?? null;
    fill(list, itemsOf(ui, newFrom));
    intro.hidden = ui.talk.before() !== null;
    if (wasAtEnd || (isOwnNews && !document.hidden)) toEnd();
    else settle();
  }

  return {
    element,
    draw,
    mark() {
      const unread = ui.talk.unread();
      const outbound = ui.talk.shown().filter((one) => one.direction === 'outbound');
      newFrom = unread > 0 && unread < ui.talk.shown().length ? (outbound.at(-unread)?.id ?? null) : null;
    },
    toEnd,
    close: () => sizes.disconnect(),
  };
}

function itemsOf(ui: Ui, newFrom: number | null): Item[] {
  const { words } = ui.language;
  const shown = ui.talk.shown();
  const items: Item[] = [];
  let day = '';
  const lastOwn = shown.filter((one) => one.direction === 'inbound' && !one.pending).at(-1);
  shown.forEach((message, at) => {
    const today = dayOf(ui, message.timestamp);
    if (today !== day) items.push(line(`day:${today}`, today));
    const before = shown[at - 1];
    const isNew = message.id === newFrom;
    if (isNew) items.push(line('new', words.news, 'new'));
    const isFirst = today !== day || isNew || !before || !areTogether(before, message);
    day = today;
    const after = shown[at + 1];
    items.push(row(ui, message, { isFirst, isLast: !after || !areTogether(message, after) }));
    if (message.pending || message === lastOwn) items.push(state(ui, message));
  });
  const asking = askingOf(ui);
  const isAnswered = shown.some((one) => one.pending && !one.pending.error);
  const answers = asking && !isAnswered && ui.rest()?.answersTo(ui, asking);
  if (asking && answers) items.push({ key: `answers:${asking.id}`, sign: JSON.stringify(asking.input) + answers.childElementCount, make: () => answers });
  return [...items, ...closing(ui)];
}

function areTogether(one: Shown, other: Shown): boolean {
  const isSame = one.direction === other.direction && one.author.kind === other.author.kind && one.author.name === other.author.name;
  return isSame && other.timestamp - one.timestamp < togetherMs && new Date(one.timestamp).getDate() === new Date(other.timestamp).getDate();
}

function line(key: string, text: string, more = ''): Item {
  return { key, sign: text, make: () => h('div', { class: `line ${more}` }, h('span', {}, text)) };
}

function row(ui: Ui, message: Shown, { isFirst, isLast }: { isFirst: boolean; isLast: boolean }): Item {
  const isOwn = message.direction === 'inbound';
  const { body, attachments, buttons, cards, location, author, timestamp } = message;
  const name = plainName(author.name) || plainName(ui.config.author.name);
  return {
    key: message.client_id ?? String(message.id),
    sign: JSON.stringify([body, attachments, buttons, cards, location, name, isFirst, isLast, hasParts(message) && ui.rest() !== null]),
    make: () =>
      h(
        'div',
        { class: `row ${isOwn ? 'own' : 'their'}${isFirst ? ' first' : ''}${isLast ? ' last' : ''}`, title: timeOf(ui, timestamp) },
        // Who speaks is seen by the side and the colour, and must be heard too.
        isOwn ? isFirst && h('span', { class: 'unseen' }, ui.language.words.you) : isFirst && h('span', { class: 'who' }, name),
        !isOwn && isLast && avatarOf(ui, { ...author, name }),
        bubble(ui, message),
      ),
  };
}

function state(ui: Ui, { pending, status, timestamp, client_id, id }: Shown): Item {
  const { words } = ui.language;
  const text = pending ? `${pending.error}` : `${status === 'read' ? words.read : words.sent} · ${timeOf(ui, timestamp)}`;
  return {
    key: `state:${client_id ?? id}`,
    sign: text + (ui.rest() !== null),
    make: () => (pending && ui.rest()?.stateOf(ui, pending)) || h('div', { class: 'state' }, pending ? '' : text),
  };
}

/** What is the case at the end: who is there, that it is over, who is typing. */
function closing(ui: Ui): Item[] {
  const { words } = ui.language;
  const { state: isOpen, handled_by, agent } = ui.talk.status;
  const typing = ui.talk.typing;
  const items: Item[] = [];
  if (isOpen === 'closed') items.push(line('status', words.ended));
  else if (handled_by === 'queue' && ui.talk.shown().at(-1)?.direction === 'inbound') items.push(line('status', ui.config.online ? words.queue : words.away));
  else if (handled_by === 'agent' && agent) items.push(line('status', said(words.agent, plainName(agent.name))));
  const row = typing && ui.rest()?.typingOf(ui, typing);
  if (row) items.push({ key: 'typing', sign: typing.name, make: () => row });
  return items;
}
