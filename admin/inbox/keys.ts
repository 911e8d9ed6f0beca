// What single keys do in the inbox: the next conversation and the one before, and the buttons of the one that is open.
import { useEffect, useRef } from 'react';
import type { Conversation } from '../api/replies.ts';
import { useShortcutSwitch } from '../frame/shortcuts.ts';

type Keys = { rows: Conversation[] | null; more: (() => void) | null; open: number | null; go: (c: number | null) => void };

const sequenceMs = 1200;
/** What a key does in the open conversation: the button that says so. */
const acts: Record<string, string> = { r: 'reply', n: 'note', a: 'assign', e: 'close', '/': 'canned', i: 'info' };

export function useKeys(keys: Keys): void {
  const { isOn } = useShortcutSwitch();
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    if (!isOn) return;
    let goneAt = Number.NEGATIVE_INFINITY;
    const listen = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isBusy(event.target)) return;
      // `g a` goes somewhere; `a` alone assigns.
      const isSecond = event.timeStamp - goneAt < sequenceMs;
      goneAt = event.key === 'g' ? event.timeStamp : Number.NEGATIVE_INFINITY;
      if (isSecond || event.key === 'g') return;
      const { open } = latest.current;
      if (event.key === 'j' || event.key === 'k') return step(latest.current, event.key === 'j' ? 1 : -1);
      const button = open === null ? null : document.querySelector<HTMLButtonElement>(`[data-act="${acts[event.key]}"]`);
      if (!button) return;
      event.preventDefault();
      event.stopPropagation();
      button.click();
    };
    document.addEventListener('keydown', listen, { capture: true });
    return () => document.removeEventListener('keydown', listen, { capture: true });
  }, [isOn]);
}

function isBusy(target: EventTarget | null): boolean {
  const isTyping = target instanceof HTMLElement && target.closest('input,textarea,select,[contenteditable=true],[role=listbox]') !== null;
  return isTyping || document.querySelector('[role=dialog],[role=menu]') !== null;
}

function step({ rows, more, open, go }: Keys, by: 1 | -1): void {
  if (!rows) return;
  const now = rows.findIndex((one) => one.id === open);
  const next = rows[now === -1 ? 0 : now + by];
  if (next) go(next.id);
  else if (by === 1) more?.();
}
