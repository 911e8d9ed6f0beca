// The parts of a running chat, for the methods that work on all of them.
import type { Api } from './api.ts';
import type { Host } from './host.ts';
import type { Remembered } from './memory.ts';
import type { Talk } from './talk/talk.ts';
import type { Frame } from './view/frame.ts';
import type { Sent, Ui } from './view/ui.ts';
import type { Config, Identify, Opening } from './wire.ts';
import type { Language } from './words.ts';

export type Values = NonNullable<Opening['attributes']>;

export type Who = Omit<Identify, 'visitor_token'>;

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
  frame: Frame;
  openTalk(id: string | null): Promise<void>;
  change(): void;
  /** Lets a style sheet hold, once. */
  adopt(css: string): void;
};

/** What a visitor does, and what the page does to be noticed: rest/desk.ts. */
export type Desk = {
  send(sent: Sent): void;
  start(flow: string): void;
  /** A form, several choices at once, or how somebody is reached. */
  answer(messageId: number, values: { [field: string]: string | string[] }, text: string): void;
  retry(clientId: string): void;
  drop(clientId: string): void;
  /** What the trap for programs was filled with, if it was. */
  trapped(honey: string): void;
  /** Whether there is still room for something to send. */
  hasRoom(): boolean;
  /** Stops what would be sent later. */
  close(): void;
  /** Something may have changed: what follows from it is told to the page, its title and the server. */
  look(): void;
  /** Is called at each such look. */
  watch(listener: () => void): void;
  /** A public method by its name; methods.ts is fetched for the first one. */
  call(name: string, ...args: unknown[]): Promise<unknown>;
};
