// The second half of the chat: what a visitor does, and what only some conversations show. It is fetched when the first
// half is on the screen, or as soon as something in it is needed.
import { answersTo } from './rest/answers.ts';
import { Writing } from './rest/composer.ts';
import { makeDesk } from './rest/desk.ts';
import { makeIntroduction } from './rest/introduction.ts';
import { partsOf } from './rest/parts.ts';
import { stateOf } from './rest/thread/pending.ts';
import { makeScrolling } from './rest/thread/scrolling.ts';
import { typingOf } from './rest/thread/typing.ts';
import { wordsOf } from './rest/words.ts';
import css from './rest.css?inline';
import type { Rest } from './view/ui.ts';

export const rest: Rest = {
  css,
  answersTo,
  makeComposer: (ui, shell, mayGo) => new Writing(ui, shell, mayGo),
  makeDesk,
  makeIntroduction,
  makeScrolling,
  openMenu: (ui, button) => ui.withRest((_, desk) => desk.call('openMenu', ui, button, wordsOf(ui))),
  partsOf,
  showRecent: (ui, into) => ui.withRest((_, desk) => desk.call('showRecent', ui, into, wordsOf(ui).recent)),
  stateOf,
  typingOf,
};
