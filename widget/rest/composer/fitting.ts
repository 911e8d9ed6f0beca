// The field of the composer when a number, an address, a day or a time is asked for.
import { h } from '../../view/dom.ts';
import type { Fitting, Ui } from '../../view/ui.ts';
import type { Input } from '../../wire.ts';
import { controls } from '../field.ts';
import { wordsOf } from '../words.ts';

export function fitTo(ui: Ui, asked: Input): Fitting {
  const field = h('input', { type: 'text', ...controls[asked.kind] });
  const isInBounds = (): boolean => {
    const number = Number(field.value.trim().replace(',', '.'));
    if (asked.kind !== 'number' || Number.isNaN(number)) return true;
    return number >= (asked.min ?? number) && number <= (asked.max ?? number);
  };
  return {
    field,
    // The browser's words for a pattern name the pattern; ours are for people.
    objection: () =>
      field.checkValidity() ? (isInBounds() ? '' : wordsOf(ui).invalid) : field.validity.patternMismatch ? wordsOf(ui).invalid : field.validationMessage,
  };
}
