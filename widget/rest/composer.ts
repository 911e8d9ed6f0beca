// Where the visitor writes: a field that fits what is asked for, files, the send button, and what is wrong if something is.

import { h, iconButton } from '../view/dom.ts';
import { askingOf, type Composer, type Fitting, type Shell, type Ui } from '../view/ui.ts';
import type { Input } from '../wire.ts';
import { said } from '../words.ts';
import { fitTo } from './composer/fitting.ts';
import { fitKeyboard } from './composer/keyboard.ts';
import { makeUploads, type Uploads } from './composer/uploads.ts';
import { clip as clipShape } from './shapes.ts';
import { wordsOf } from './words.ts';

const typingEveryMs = 3_000;
const mostHeightPx = 140;
const fitted = ['number', 'email', 'phone', 'url', 'date', 'time'];

export class Writing implements Composer {
  readonly #ui: Ui;
  readonly #shell: Shell;
  readonly #mayGo: () => boolean;
  readonly #uploads: Uploads;
  readonly #attach: HTMLElement;
  readonly #picker: HTMLInputElement;
  #asked: Input | null = null;
  #fitting: Fitting | null = null;
  #fitsTo = '';
  #typedAt = 0;
  readonly #closing = new AbortController();
  #field: HTMLTextAreaElement | HTMLInputElement;

  /** `mayGo` says whether it can be sent yet: who has to introduce themselves does so first. */
  constructor(ui: Ui, shell: Shell, mayGo: () => boolean) {
    const { form, box, text, submit } = shell;
    const words = wordsOf(ui);
    this.#ui = ui;
    this.#shell = shell;
    this.#mayGo = mayGo;
    this.#field = text;
    this.#uploads = makeUploads(ui, { onChange: () => this.draw(), say: (text) => this.#say(text) });
    const onchange = (): void => {
      this.#addFiles([...(this.#picker.files ?? [])]);
      this.#picker.value = '';
    };
    this.#picker = h('input', { type: 'file', multiple: true, hidden: true, onchange });
    this.#attach = iconButton(clipShape, words.attach, () => this.#picker.click());
    box.before(this.#uploads.element);
    submit.before(this.#attach);
    form.append(this.#picker);
    form.onsubmit = (event) => this.#go(event);
    box.oninput = () => this.#typed();
    box.onkeydown = (event) => {
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.target !== this.#field) return;
      event.preventDefault();
      form.requestSubmit();
    };
    box.onpaste = (event) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (files.length > 0) event.preventDefault();
      this.#addFiles(files);
    };
    const panel = form.closest<HTMLElement>('.panel');
    if (!panel) return;
    dropInto(
      panel,
      () => (ui.memory.now.talk ? words.here : ''),
      (files) => this.#addFiles(files),
    );
    fitKeyboard(panel, this.#closing.signal);
  }

  close(): void {
    this.#closing.abort();
    this.#uploads.clear();
  }

  focus(): void {
    this.#field.focus();
  }

  write(what: string): void {
    this.#field.value = what;
    this.draw();
  }

  draw(): void {
    const { text, submit } = this.#shell;
    const { memory, config } = this.#ui;
    this.#fitField();
    this.#field.placeholder = this.#field.ariaLabel = this.#asked?.placeholder ?? this.#ui.language.words.write;
    text.style.height = 'auto';
    if (text.scrollHeight > 0) text.style.height = `${Math.min(text.scrollHeight, mostHeightPx)}px`;
    this.#picker.accept = (this.#asked?.accept.length ? this.#asked.accept : config.limits.file_types).join();
    this.#attach.hidden = !memory.now.talk || config.limits.files === 0;
    this.#attach.classList.toggle('wanted', this.#asked?.kind === 'file');
    const isEmpty = !this.#field.value.trim() && this.#uploads.ready().length === 0;
    submit.ariaDisabled = String(isEmpty || this.#uploads.isBusy());
  }

  #say(what: string): void {
    this.#shell.note.textContent = what;
  }

  #addFiles(files: File[]): void {
    this.#say('');
    const limits = { accept: this.#asked?.accept ?? [], maxBytes: this.#asked?.max_bytes ?? null };
    if (this.#ui.memory.now.talk && files.length > 0) this.#uploads.add(files, limits);
  }

  #typed(): void {
    const { memory, api } = this.#ui;
    this.#say('');
    this.draw();
    memory.keep({ draft: this.#shell.text.value });
    const { talk } = memory.now;
    if (!talk || Date.now() - this.#typedAt < typingEveryMs) return;
    this.#typedAt = Date.now();
    void api.call('POST', `/conversations/${talk}/typing`, { on: true });
  }

  #go(event: Event): void {
    event.preventDefault();
    const field = this.#field;
    const text = field.value.trim();
    const attachments = this.#uploads.ready();
    if (this.#uploads.isBusy() || (!text && attachments.length === 0)) return;
    const wrong = this.#objectionTo(text);
    this.#say(wrong);
    field.setAttribute('aria-invalid', String(wrong !== ''));
    if (wrong || !this.#mayGo()) return;
    this.#ui.act((desk) => {
      // What there is no room for stays where it was written.
      if (!desk.hasRoom()) return this.#say(this.#ui.language.words.offline);
      this.#clear(field);
      desk.send({ text, attachments });
      this.draw();
      field.focus();
    });
  }

  #clear(field: HTMLInputElement | HTMLTextAreaElement): void {
    field.value = '';
    this.#typedAt = 0;
    this.#uploads.clear();
    this.#ui.memory.keep({ draft: this.#shell.text.value });
  }

  #objectionTo(text: string): string {
    const most = this.#ui.config.limits.message;
    if ([...text].length > most) return said(wordsOf(this.#ui).long, most);
    return (text && this.#fitting?.objection()) || '';
  }

  #fitField(): void {
    const asked = askingOf(this.#ui)?.input ?? null;
    const sign = asked && fitted.includes(asked.kind) ? asked.kind + asked.min + asked.max : '';
    this.#asked = asked;
    if (sign === this.#fitsTo) return;
    this.#fitsTo = sign;
    this.#fitting = sign && asked ? fitTo(this.#ui, asked) : null;
    const isFocused = this.#field.matches(':focus');
    const next = this.#fitting?.field ?? this.#shell.text;
    this.#field.replaceWith(next);
    this.#field = next;
    if (isFocused) next.focus();
  }
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
