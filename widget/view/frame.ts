// The panel on the page: there when it is open, built when it is first wanted, built anew when words or facts change.
import type { Host } from '../host.ts';
import type { Words } from '../words.ts';
import { makePanel, type Panel, type View } from './panel.ts';
import type { Ui } from './ui.ts';

export type Frame = {
  open(view?: View): Promise<void>;
  close(): void;
  isOpen(): boolean;
  /** Whether the conversation is before somebody's eyes. */
  isLookedAt(): boolean;
  panel(): Panel | null;
  rebuild(): Promise<void>;
  /** What is to stand in the field when it opens. */
  prefill(text: string): void;
};

type Options = {
  host: Host;
  getUi(): Promise<Ui | null>;
  words(): Words;
  onRead(): void;
  onChange(): void;
};

export function makeFrame({ host, getUi, words, onRead, onChange }: Options): Frame {
  let panel: Panel | null = null;
  let isOpen = false;
  let prefilled = '';

  async function build(): Promise<Panel | null> {
    const ui = await getUi();
    if (!ui || panel) return panel;
    const { talk, outbox } = ui.memory.now;
    panel = makePanel(ui, { onRead });
    panel.show(talk || outbox.length > 0 ? 'chat' : 'home');
    return panel;
  }

  async function open(view?: View): Promise<void> {
    const shown = await build();
    // The button itself is the way to try again.
    host.show({ note: shown ? '' : words().broken });
    if (!shown) return;
    if (view && shown.view() !== view) shown.show(view);
    if (!isOpen) {
      isOpen = true;
      host.root.append(shown.element);
      host.show({ isOpen });
      host.emit('open');
    }
    if (prefilled) shown.write(prefilled);
    prefilled = '';
    shown.opened();
    onChange();
  }

  return {
    open,
    close() {
      if (!isOpen) return;
      isOpen = false;
      panel?.element.close();
      panel?.element.remove();
      host.show({ isOpen });
      host.root.querySelector<HTMLElement>('.launcher')?.focus();
      host.emit('close');
      onChange();
    },
    isOpen: () => isOpen,
    isLookedAt: () => isOpen && !document.hidden && panel?.view() === 'chat',
    panel: () => panel,
    async rebuild() {
      const wasOpen = isOpen;
      const view = panel?.view();
      panel?.close();
      panel?.element.remove();
      panel = null;
      isOpen = false;
      if (wasOpen) await open(view);
    },
    prefill(text) {
      if (isOpen) panel?.write(text);
      else prefilled = text;
    },
  };
}
