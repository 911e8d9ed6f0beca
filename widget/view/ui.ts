// What every part of the view draws from, and what it may ask for.
import type { Api } from '../api.ts';
import type { Pending, Remembered } from '../memory.ts';
import type { Desk, Parts } from '../parts.ts';
import type { Shown, Talk } from '../talk/talk.ts';
import type { Author, Config, Message, Sending, Uploaded } from '../wire.ts';
import type { Language } from '../words.ts';
import type { Child } from './dom.ts';

/** What a visitor sends: words, what a pressed button carries, files, a place. */
export type Sent = Omit<Sending, 'client_id' | 'attachments' | 'message'> & { text: string; attachments?: Uploaded[] };

export type Ui = {
  language: Language;
  config: Config;
  api: Api;
  memory: Remembered;
  talk: Talk;
  /** Lets a style sheet hold, once. */
  adopt(css: string): void;
  /** Makes an address of the server's whole. */
  address(url: string): string;
  /** What the visitor does is done as soon as the rest is there. */
  act(what: (desk: Desk) => void): void;
  openTalk(id: string | null): Promise<void>;
  goHome(): void;
  close(): void;
  say(text: string): void;
  /** Null until it is there; what is drawn is then drawn again. */
  rest(): Rest | null;
  withRest<Value>(use: (rest: Rest, desk: Desk) => Value | Promise<Value>): Promise<Value | null>;
};

/** The second half of the chat, fetched right after the first has been shown: rest.ts. */
export type Rest = {
  css: string;
  answersTo(ui: Ui, message: Message): HTMLElement | null;
  stateOf(ui: Ui, pending: Pending): HTMLElement;
  makeComposer(ui: Ui, shell: Shell, mayGo: () => boolean): Composer;
  makeDesk(parts: Parts): Desk;
  openMenu(ui: Ui, button: HTMLElement): Promise<unknown>;
  makeIntroduction(ui: Ui): Introduction;
  partsOf(ui: Ui, message: Shown): Child[];
  makeScrolling(ui: Ui, log: Log): Scrolling;
  typingOf(ui: Ui, author: Author): HTMLElement;
  showRecent(ui: Ui, into: HTMLElement): Promise<unknown>;
};

/** What of the log has to know where the reader is. */
export type Log = { element: HTMLElement; scroller: HTMLElement; draw(): void; toEnd(): void };
export type Scrolling = (at: { wasAtEnd: boolean }) => void;

/** Where the visitor writes, before and after the rest has made it work. */
export type Shell = { form: HTMLFormElement; note: HTMLElement; box: HTMLElement; text: HTMLTextAreaElement; submit: HTMLElement };

export type Composer = { draw(): void; focus(): void; write(text: string): void; close(): void };

/** What is wrong with what was written in it, or nothing. */
export type Fitting = { field: HTMLInputElement; objection(): string };

/** Done when all that is required has been given; it is then remembered. */
export type Introduction = { element: HTMLElement; isDone(): boolean };

/** The message whose question is waiting for an answer; an agent who has taken over asks in words. */
export function askingOf(ui: Ui): Shown | null {
  const { state, handled_by } = ui.talk.status;
  const last = ui.talk
    .shown()
    .filter((one) => !one.pending)
    .at(-1);
  return last?.input?.open && state === 'open' && handled_by === 'bot' ? last : null;
}

export function timeOf(ui: Ui, at: number): string {
  return new Intl.DateTimeFormat(ui.language.locale, { hour: 'numeric', minute: '2-digit' }).format(at);
}

/** Today, yesterday, or the day. */
export function dayOf(ui: Ui, at: number): string {
  const midnight = (ms: number): number => new Date(ms).setHours(0, 0, 0, 0);
  const days = Math.round((midnight(at) - midnight(Date.now())) / 86_400_000);
  const { locale } = ui.language;
  return days > -2
    ? new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(Math.min(0, days), 'day')
    : new Intl.DateTimeFormat(locale, { weekday: 'long', day: 'numeric', month: 'long' }).format(at);
}
