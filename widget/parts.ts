// The parts of a running chat, for the methods that work on all of them.
import type { Api } from './api.ts';
import type { Frame } from './frame.ts';
import type { Host } from './host.ts';
import type { Remembered } from './memory.ts';
import type { Sending, Values } from './sending.ts';
import type { Outbox } from './talk/outbox.ts';
import type { Talk } from './talk/talk.ts';
import type { Ui } from './view/ui.ts';
import type { Config, Identify } from './wire.ts';
import type { Language } from './words.ts';

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
  outbox: Outbox;
  sending: Sending;
  frame: Frame;
  openTalk(id: string | null): Promise<void>;
};

