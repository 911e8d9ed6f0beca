// What few conversations need, in a file of its own that the chat fetches when the first of them does.
import { answersTo } from './seldom/answers.ts';
import { fit } from './seldom/fitting.ts';
import { makeIntroduction } from './seldom/introduction.ts';
import { menuOf, saveTranscript } from './seldom/menu.ts';
import { identifyNow, makeMethods } from './seldom/methods.ts';
import { partsOf } from './seldom/parts.ts';
import { makeUploads } from './seldom/uploads.ts';
import css from './seldom.css?inline';
import type { Seldom } from './view/ui.ts';

export const seldom: Seldom = { css, answersTo, fit, identifyNow, makeIntroduction, makeMethods, menuOf, saveTranscript, partsOf, makeUploads };
