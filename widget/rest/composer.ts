// Where the visitor writes: a field that fits what is asked for, files, the send button, and what is wrong if something is.

import { h, iconButton } from '../view/dom.ts';
import { askingOf, type Composer, type Fitting, type Shell, type Ui } from '../view/ui.ts';
import type { Input } from '../wire.ts';
import { said } from '../words.ts';
import { fit } from './fitting.ts';
import { fitKeyboard } from './keyboard.ts';
import { clip as clipShape } from './shapes.ts';
import { makeUploads, type Uploads } from './uploads.ts';
import { wordsOf } from './words.ts';

const typingEveryMs = 3_000;
const mostHeightPx = 140;
const fitted = ['number', 'email', 'phone', 'url', 'date', 'time'];

/** `mayGo` says whether it can be sent yet: who has to introduce themselves does so first. */
export function makeComposer(ui: Ui, { form, note, box, text, submit }: Shell, mayGo: () => boolean): Composer {
  const words = wordsOf(ui);
  const { limits } = ui.config;
  let asked: Input | null = null;
  let fitting: Fitting | null = null;
  let fitsTo = '';
  let typedAt = 0;
  let field: HTMLTextAreaElement | HTMLInputElement = text;
  const uploads: Uploads = makeUploads(ui, draw);
  const onchange = (): void => {
    addFiles([...(picker.files ?? [])]);
    picker.value = '';
  };
  const picker = h('input', { type: 'file', multiple: true, hidden: true, onchange });
  box.before(uploads.element);
  form.append(picker);
  const attach = iconButton(clipShape, words.attach, () => picker.click());
  submit.before(attach);
  form.onsubmit = go;

  function say(what: string): void {
    note.textContent = what;
  }

  function addFiles(files: File[]): void {
    say('');
    if (ui.memory.now.talk && files.length > 0) uploads.add(files, { accept: asked?.accept ?? [], maxBytes: asked?.max_bytes ?? null });
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
    form.requestSubmit();
  };
  box.onpaste = (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length > 0) event.preventDefault();
    addFiles(files);
  };

  function go(event: Event): void {
    event.preventDefault();
    const written = field.value.trim();
    const attachments = uploads.ready();
    if (uploads.isBusy() || (!written && attachments.length === 0)) return;
    const wrong = [...written].length > limits.message ? said(words.long, limits.message) : ((written && fitting?.objection()) ?? '');
    say(wrong);
    field.setAttribute('aria-invalid', String(wrong !== ''));
    if (wrong || !mayGo()) return;
    field.value = '';
    typedAt = 0;
    uploads.clear();
    ui.memory.keep({ draft: text.value });
    ui.act((desk) => desk.send({ text: written, attachments }));
    draw();
    field.focus();
  }

  function fitField(): void {
    asked = askingOf(ui)?.input ?? null;
    const sign = asked && fitted.includes(asked.kind) ? asked.kind + asked.min + asked.max : '';
    if (sign === fitsTo) return;
    fitsTo = sign;
    fitting = sign && asked ? fit(ui, asked) : null;
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
    const isEmpty = !field.value.trim() && uploads.ready().length === 0;
    submit.ariaDisabled = String(isEmpty || uploads.isBusy());
  }

  const panel = form.closest<HTMLElement>('.panel');
  if (panel) {
    dropInto(panel, () => (ui.memory.now.talk ? words.here : ''), addFiles);
    fitKeyboard(panel);
  }
  return {
    draw,
    focus: () => field.focus(),
    write(what) {
      field.value = what;
      draw();
    },
  };
}

function dropInto(panel: HTMLElement, invitation: () => string, take: (files: File[]) => void): void {
  panel.ondragover = (event) => {
    event.preventDefault();
    panel.dataset.drop = invitation();
  };
  panel.ondragleave = () => delete panel.dataset.drop;
  panel.ondrop = (event) => {
    event.preventDefault();
    delete panel.dataset.drop;
    take([...(event.dataTransfer?.files ?? [])]);
  };
}
