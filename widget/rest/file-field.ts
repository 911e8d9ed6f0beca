// A file among other things to fill in: it is uploaded when it is chosen, and what it became goes along with the answer.
import { h } from '../view/dom.ts';
import type { Ui } from '../view/ui.ts';
import type { FormField } from '../wire.ts';
import { makeUploads } from './composer/uploads.ts';
import { type Field, titleOf } from './field.ts';
import { wordsOf } from './words.ts';

export function makeFileField(ui: Ui, field: FormField): Field {
  const words = wordsOf(ui);
  const wrong = h('small', { class: 'wrong', role: 'alert' });
  const say = (text: string): void => {
    wrong.textContent = text;
  };
  const picker = h('input', { type: 'file', accept: ui.config.limits.file_types.join() });
  // What was refused or taken away may be chosen again.
  const onChange = (): void => {
    if (!uploads.isBusy() && uploads.ready().length === 0) picker.value = '';
  };
  const uploads = makeUploads(ui, { onChange, say });
  picker.onchange = () => {
    say('');
    uploads.clear();
    uploads.add([...(picker.files ?? [])], { accept: [], maxBytes: null });
    onChange();
  };
  return {
    element: h('div', { class: 'field' }, h('label', {}, titleOf(words, field), picker), uploads.element, wrong),
    value: () => uploads.ready()[0]?.id ?? '',
    text: () => uploads.ready()[0]?.name ?? '',
    focus: () => picker.focus(),
    isValid() {
      say(uploads.isBusy() ? words.sending : field.required && uploads.ready().length === 0 ? words.choose : '');
      return !wrong.textContent;
    },
  };
}
