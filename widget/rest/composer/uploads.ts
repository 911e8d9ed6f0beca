// Files on their way: checked first, shown with how far they are, handed over once they are there.
import { upload as send } from '../../api/upload.ts';
import { h, iconButton } from '../../view/dom.ts';
import { plainName } from '../../view/markup.ts';
import type { Ui } from '../../view/ui.ts';
import type { Uploaded } from '../../wire.ts';
import { said } from '../../words.ts';
import { sizeOf } from '../size.ts';
import { wordsOf } from '../words.ts';

export type Uploads = {
  element: HTMLElement;
  add(files: Iterable<File>, limits: { accept: string[]; maxBytes: number | null }): void;
  isBusy(): boolean;
  ready(): Uploaded[];
  clear(): void;
};

type Upload = { element: HTMLElement; control: AbortController; uploaded: Uploaded | null };

/** `say` tells what cannot be sent, and why. */
export function makeUploads(ui: Ui, { onChange, say }: { onChange(): void; say(text: string): void }): Uploads {
  const words = wordsOf(ui);
  const { limits } = ui.config;
  const element = h('div', { class: 'uploads' });
  let uploads: Upload[] = [];

  function remove(upload: Upload): void {
    upload.control.abort();
    upload.element.remove();
    uploads = uploads.filter((one) => one !== upload);
    onChange();
  }

  /** Why it cannot be sent, or nothing. */
  function objection(file: File, accept: string[], maxBytes: number): string {
    if (uploads.length >= limits.files) return said(words.many, limits.files);
    if (file.size > maxBytes) return said(words.large, plainName(file.name), sizeOf(ui, maxBytes));
    return [limits.file_types, accept].every((list) => list.length === 0 || list.some((one) => fits(file, one))) ? '' : said(words.kind, plainName(file.name));
  }

  function begin(file: File): void {
    const bar = h('progress', { max: 1, value: 0, 'aria-label': file.name });
    const upload: Upload = { element: h('div', { class: 'upload' }, h('span', {}, plainName(file.name)), bar), control: new AbortController(), uploaded: null };
    upload.element.append(iconButton('close', `${words.drop}: ${plainName(file.name)}`, () => remove(upload)));
    element.append(upload.element);
    uploads.push(upload);
    onChange();
    const onProgress = (share: number): void => {
      bar.value = share;
    };
    void send(ui.api.address(`/conversations/${ui.memory.now.talk}/files`), file, onProgress, upload.control.signal).then((answer) => {
      if (upload.control.signal.aborted) return;
      if (answer.ok) {
        upload.uploaded = answer.value;
        bar.hidden = true;
        onChange();
      } else {
        say(`${plainName(file.name)}: ${answer.error || words.failed}`);
        remove(upload);
      }
    });
  }

  return {
    element,
    add(files, { accept, maxBytes }) {
      for (const file of files) {
        const wrong = objection(file, accept, Math.min(maxBytes ?? Number.POSITIVE_INFINITY, limits.file_bytes));
        if (wrong) say(wrong);
        else begin(file);
      }
    },
    isBusy: () => uploads.some((one) => !one.uploaded),
    ready: () => uploads.flatMap((one) => one.uploaded ?? []),
    clear() {
      for (const one of uploads) one.control.abort();
      uploads = [];
      element.replaceChildren();
    },
  };
}

function fits(file: File, kind: string): boolean {
  const wanted = kind.trim().toLowerCase();
  if (wanted.startsWith('.')) return file.name.toLowerCase().endsWith(wanted);
  return wanted === '*/*' || (wanted.endsWith('/*') ? file.type.startsWith(wanted.slice(0, -1)) : file.type === wanted);
}
