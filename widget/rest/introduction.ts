// What the site wants to know before the first message: a name, an address, an agreement.
import { h } from '../view/dom.ts';
import { markup } from '../view/markup.ts';
import type { Introduction, Ui } from '../view/ui.ts';
import { areValid, type Field, makeField } from './field.ts';
import { wordsOf } from './words.ts';

export function makeIntroduction(ui: Ui): Introduction {
  const { config, memory } = ui;
  const words = wordsOf(ui);
  const asked = (['name', 'email'] as const).filter((one) => config.pre_chat[one] !== 'hidden' && !memory.now[one]);
  const fields = new Map<string, Field>(
    asked.map((one) => [one, makeField(words, { kind: one as 'email', label: words[one], required: config.pre_chat[one] === 'required', choices: [] })]),
  );
  const agree = config.pre_chat.consent !== null && !memory.now.consent ? h('input', { type: 'checkbox', required: true }) : null;
  const wrong = h('small', { class: 'wrong', role: 'alert' });
  // Nobody sees it, hears of it or comes to it by keyboard; a program that fills in forms fills it in.
  const trap = h('input', { name: 'website', type: 'text', tabIndex: -1, autocomplete: 'off' });
  const element = h(
    'div',
    { class: 'form', role: 'group', 'aria-label': words.before },
    h('strong', {}, words.before),
    [...fields.values()].map((one) => one.element),
    h('div', { class: 'trap', 'aria-hidden': 'true' }, h('label', {}, 'Website', trap)),
    agree && h('label', { class: 'tick' }, agree, h('span', {}, markup(config.pre_chat.consent ?? ''))),
    agree && wrong,
  );
  return {
    element,
    isDone() {
      if (!areValid([...fields.values()])) return false;
      wrong.textContent = agree && !agree.checkValidity() ? agree.validationMessage : '';
      if (wrong.textContent) {
        agree?.focus();
        return false;
      }
      const given = Object.fromEntries([...fields].map(([name, field]) => [name, String(field.value())]));
      ui.act((desk) => desk.trapped(trap.value));
      memory.keep({ ...given, consent: agree !== null || memory.now.consent });
      return true;
    },
  };
}
