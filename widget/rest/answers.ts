// What a message asks for, as something to press or to fill in under it; null where writing is the answer.

import { button } from '../view/bubble.ts';
import { h, icon } from '../view/dom.ts';
import type { Ui } from '../view/ui.ts';
import type { AskKind, FormField, Input, Message } from '../wire.ts';
import { said } from '../words.ts';
import { areValid, type Field, makeField } from './field.ts';
import { makeFileField } from './file-field.ts';
import { pin as pinShape, star as starShape } from './shapes.ts';
import { wordsOf } from './words.ts';

/** What is to be pressed or filled in as the answer, or that it may be left out. */
export function answersTo(ui: Ui, { id, input }: Message): HTMLElement | null {
  if (!input) return null;
  const words = wordsOf(ui);
  const onclick = (): void => ui.act((desk) => desk.send({ text: 'skip' }));
  const skip = input.can_skip && h('button', { type: 'button', class: 'choice quiet', onclick }, input.skip_label ?? words.skip);
  const given = ['text', 'choice', 'confirm'].includes(input.kind) ? input.choices.map((one) => button(ui, one)) : [controlOf(ui, id, input)];
  if (!skip && !given.some(Boolean)) return null;
  return h('div', { class: 'answers choices', role: 'group', 'aria-label': words.choose }, given, skip);
}

function controlOf(ui: Ui, id: number, input: Input): HTMLElement | null {
  if (input.kind === 'rating') return rating(ui, input.min ?? 1, input.max ?? 5);
  if (input.kind === 'location') return h('button', { type: 'button', class: 'choice', onclick: () => sharePlace(ui) }, icon(pinShape), wordsOf(ui).place);
  return formOf(ui, id, input);
}

function sharePlace(ui: Ui): void {
  const lost = (): void => ui.say(wordsOf(ui).lost);
  const found = ({ coords: { latitude: lat, longitude: lng } }: GeolocationPosition): void =>
    ui.act((desk) => desk.send({ text: `${lat.toFixed(5)}, ${lng.toFixed(5)}`, location: { lat, lng } }));
  if (navigator.geolocation) navigator.geolocation.getCurrentPosition(found, lost, { timeout: 15_000 });
  else lost();
}

function rating(ui: Ui, min: number, max: number): HTMLElement {
  const words = wordsOf(ui);
  const count = Math.min(Math.max(max - min + 1, 1), 11);
  const hasStars = min === 1 && max <= 5;
  const star = (_: unknown, at: number): HTMLElement => {
    const value = String(min + at);
    return h(
      'button',
      { type: 'button', 'aria-label': said(words.of, value, max), onclick: () => ui.act((desk) => desk.send({ text: value })) },
      hasStars ? icon(starShape) : value,
    );
  };
  return h('div', { class: hasStars ? 'stars' : 'scale' }, Array.from({ length: count }, star));
}

function formOf(ui: Ui, messageId: number, input: Input): HTMLElement | null {
  const words = wordsOf(ui);
  const contact: FormField[] = (['name', 'email', 'phone'] as const).map((id) => ({
    ...{ id, kind: id as AskKind, label: words[id], required: id === 'email', choices: [] },
  }));
  const many: FormField = { id: 'choices', kind: 'multi', label: words.choose, required: !input.can_skip, choices: input.choices };
  const asked = input.kind === 'form' ? input.fields : input.kind === 'contact' ? contact : input.kind === 'multi' ? [many] : [];
  if (asked.length === 0) return null;
  const fields = asked.map((one) => (one.kind === 'file' ? makeFileField(ui, one) : makeField(words, one)));
  const onsubmit = (event: Event): void => {
    event.preventDefault();
    if (!areValid(fields)) return;
    const filled = asked.flatMap((one, at) => {
      const { value, text } = fields[at] as Field;
      return value().length > 0 ? [{ one, value: value(), text: text?.() }] : [];
    });
    const words = (value: string | string[], { choices }: FormField): string =>
      Array.isArray(value) ? value.map((payload) => choices.find((one) => one.payload === payload)?.label ?? payload).join(', ') : value;
    const text = filled.map(({ one, value, text = words(value, one) }) => (one === many ? text : `${one.label}: ${text}`)).join('\n');
    ui.act((desk) => desk.answer(messageId, Object.fromEntries(filled.map(({ one, value }) => [one.id, value])), text));
  };
  return h(
    'form',
    { class: 'form', noValidate: true, onsubmit },
    fields.map((one) => one.element),
    h('button', { class: 'primary' }, words.send),
  );
}
