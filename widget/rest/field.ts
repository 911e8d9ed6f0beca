// One thing to fill in, of any kind a flow can ask for, with the browser's own checks and its own words for them.

import { h } from '../view/dom.ts';
import type { FormField } from '../wire.ts';
import { said, type Words } from '../words.ts';
import type { RestWords } from './words.ts';

type Control = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

/** How the browser's own field is set up for a kind; what is not here is plain text. */
export const controls: { [kind: string]: { [name: string]: unknown } } = {
  // A field of type number refuses the comma that half the world writes.
  number: { inputMode: 'decimal', pattern: '\\s*[+\\-]?[\\d.,\\s]*\\d\\s*' },
  email: { type: 'email', autocomplete: 'email', maxLength: 254 },
  phone: { type: 'tel', autocomplete: 'tel', pattern: '[+\\d\\s\\(\\)\\/.\\-]{5,30}' },
  url: { inputMode: 'url', autocomplete: 'url', pattern: '\\s*(https?:\\/\\/)?[^\\s\\/]+\\.[^\\s]+' },
  date: { type: 'date' },
  time: { type: 'time' },
  name: { autocomplete: 'name', maxLength: 255 },
};

export type Field = {
  element: HTMLElement;
  value(): string | string[];
  /** How it reads where the value is an id. */
  text?(): string;
  focus(): void;
  isValid(): boolean;
};

export function titleOf(words: Words & RestWords, { required, label }: Pick<FormField, 'required' | 'label'>): string {
  return required ? label : said(words.optional, label);
}

let drawn = 0;

export function makeField(words: Words & RestWords, { kind, label, required, choices }: Omit<FormField, 'id'>): Field {
  const options = kind === 'confirm' && choices.length === 0 ? [words.yes, words.no].map((one) => ({ id: one, label: one, payload: one })) : choices;
  const title = titleOf(words, { required, label });
  if (kind === 'multi') return manyOf(title, { required, options, invalid: words.choose });
  const scale = kind === 'rating' ? Array.from({ length: 5 }, (_, at) => ({ id: `${at + 1}`, label: `${at + 1}`, payload: '' })) : options;
  const id = `f${++drawn}`;
  const control: Control =
    scale.length > 0
      ? h(
          'select',
          { id, required },
          h('option', { value: '' }, ''),
          scale.map((one) => h('option', { value: kind === 'confirm' && choices.length === 0 ? (one === options[0] ? 'yes' : 'no') : one.label }, one.label)),
        )
      : h('input', { id, required, type: 'text', ...controls[kind] });
  const wrong = h('small', { class: 'wrong', id: `${id}e` });
  control.setAttribute('aria-describedby', wrong.id);
  const check = (): boolean => {
    const isValid = control.checkValidity();
    wrong.textContent = isValid ? '' : control.validationMessage;
    control.setAttribute('aria-invalid', String(!isValid));
    return isValid;
  };
  control.onchange = check;
  return {
    element: h('div', { class: 'field' }, h('label', { htmlFor: id }, title), control, wrong),
    value: () => control.value.trim(),
    focus: () => control.focus(),
    isValid: check,
  };
}

function manyOf(title: string, { required, options, invalid }: { required: boolean; options: FormField['choices']; invalid: string }): Field {
  const boxes = options.map((one) => h('input', { type: 'checkbox', value: one.payload }));
  const wrong = h('small', { class: 'wrong', role: 'alert' });
  const ticked = (): string[] => boxes.filter((one) => one.checked).map((one) => one.value);
  return {
    element: h(
      'fieldset',
      { class: 'field' },
      h('legend', {}, title),
      options.map((one, at) => h('label', { class: 'tick' }, boxes[at], one.label)),
      wrong,
    ),
    value: ticked,
    focus: () => boxes[0]?.focus(),
    isValid() {
      const isValid = !required || ticked().length > 0;
      wrong.textContent = isValid ? '' : invalid;
      return isValid;
    },
  };
}

/** True when all are; else the first that is not is gone to. */
export function areValid(fields: readonly Field[]): boolean {
  const wrong = fields.filter((one) => !one.isValid());
  wrong[0]?.focus();
  return wrong.length === 0;
}
