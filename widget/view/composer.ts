// Where the visitor writes: a field that fits what is asked for, files, the send button, and what is wrong if something is.
import type { Input } from '../wire.ts';
import { said } from '../words.ts';
import { h, icon, iconButton } from './dom.ts';
import { askingOf, type Fitting, type Ui, type Uploads } from './ui.ts';

export type Composer = {
  element: HTMLFormElement;
  draw(): void;
  focus(): void;
  write(text: string): void;
  say(text: string): void;
  addFiles(files: Iterable<File>): void;
};

const typingEveryMs = 3_000;
const mostHeightPx = 140;
const fitted = ['number', 'email', 'phone', 'url', 'date', 'time'];

/** `mayGo` says whether it can be sent yet: who has to introduce themselves does so first. */
export function makeComposer(ui: Ui, mayGo: () => boolean): Composer {
  const { words } = ui.language;
  const { limits } = ui.config;
  let asked: Input | null = null;
  let fitting: Fitting | null = null;
  let fitsTo = '';
  let uploads: Uploads | null = null;
  let typedAt = 0;
  const text = h('textarea', { rows: 1, value: ui.memory.now.draft });
  let field: HTMLTextAreaElement | HTMLInputElement = text;
  const note = h('div', { class: 'wrong', role: 'alert' });
  const onchange = (): void => {
    addFiles([...(picker.files ?? [])]);
    picker.value = '';
  };
  const picker = h('input', { type: 'file', multiple: true, hidden: true, onchange });
  const attach = iconButton('clip', words.attach, () => picker.click());
  const submit = h('button', { class: 'icon send', 'aria-label': words.send, title: words.send }, icon('send'));
  const box = h('div', { class: 'box' }, field, attach, submit);
  const element = h('form', { class: 'composer', part: 'composer', noValidate: true, onsubmit: go }, note, box, picker);

  function say(what: string): void {
    note.textContent = what;
  }

  function addFiles(files: File[]): void {
    say('');
    if (!ui.memory.now.talk || files.length === 0) return;
    void ui.withSeldom(({ makeUploads }) => {
      uploads ??= makeUploads(ui, draw);
      box.before(uploads.element);
      uploads.add(files, { accept: asked?.accept ?? [], maxBytes: asked?.max_bytes ?? null });
    });
  }

  box.oninput = () => {
    say('');
    draw();
    ui.memory.keep({ draft: text.value });
    const { talk } = ui.memory.now;
    if (!talk || Date.now() - typedAt < typingEveryMs) return;
    typedAt = Date.now();
    void ui.api.call('POST', `/conversations/${talk}/typing`, { on: true });
  };
  box.onkeydown = (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.target !== field) return;
    event.preventDefault();
    element.requestSubmit();
  };
  box.onpaste = (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length > 0) event.preventDefault();
    addFiles(files);
  };

  function go(event: Event): void {
    event.preventDefault();
    const written = field.value.trim();
    const attachments = uploads?.ready() ?? [];
    if (uploads?.isBusy() || (!written && attachments.length === 0)) return;
    const wrong = [...written].length > limits.message ? said(words.long, limits.message) : ((written && fitting?.objection()) ?? '');
    say(wrong);
    field.setAttribute('aria-invalid', String(wrong !== ''));
    if (wrong || !mayGo()) return;
    field.value = '';
    typedAt = 0;
    uploads?.clear();
    ui.memory.keep({ draft: text.value });
    ui.send({ text: written, attachments });
    draw();
    field.focus();
  }

  function fitField(): void {
    asked = askingOf(ui)?.input ?? null;
    const seldom = asked && fitted.includes(asked.kind) ? ui.seldom() : null;
    const sign = seldom && asked ? asked.kind + asked.min + asked.max : '';
    if (sign === fitsTo) return;
    fitsTo = sign;
    fitting = seldom && asked ? seldom.fit(ui, asked) : null;
    const isFocused = field.matches(':focus');
    const next = fitting?.field ?? text;
    field.replaceWith(next);
    field = next;
    if (isFocused) next.focus();
  }

  function draw(): void {
    fitField();
    field.placeholder = field.ariaLabel = asked?.placeholder ?? words.write;
    text.style.height = 'auto';
    if (text.scrollHeight > 0) text.style.height = `${Math.min(text.scrollHeight, mostHeightPx)}px`;
    picker.accept = (asked?.accept.length ? asked.accept : limits.file_types).join();
    attach.hidden = !ui.memory.now.talk || limits.files === 0;
    attach.classList.toggle('wanted', asked?.kind === 'file');
    const isEmpty = !field.value.trim() && !uploads?.ready().length;
    submit.ariaDisabled = String(isEmpty || uploads?.isBusy() === true);
  }

  return {
    element,
    draw,
    say,
    addFiles: (files) => addFiles([...files]),
    focus: () => field.focus(),
    write(what) {
      field.value = what;
      draw();
    },
  };
}
