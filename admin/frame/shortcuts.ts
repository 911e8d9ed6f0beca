// Single keys: `g` and a letter goes somewhere, `/` finds in a list, `?` shows them all. They can be switched off
// (WCAG 2.1.4): who dictates or has a tremor presses keys they do not mean.
import { useLocalStorage } from '@mantine/hooks';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { usePlace } from '../place.ts';
import { type Destination, destinations } from './destinations.ts';

const sequenceMs = 1200;

export function useShortcutSwitch() {
  const [value, setValue] = useLocalStorage<'on' | 'off'>({ key: 'shortcuts', defaultValue: 'on', getInitialValueInEffect: false });
  return { isOn: value === 'on', set: (isOn: boolean) => setValue(isOn ? 'on' : 'off') };
}

/** Whether this person, here, gets to see a place at all. */
export function useMayGo(): (one: Destination) => boolean {
  const { me, may } = usePlace();
  return ({ needs }) => needs === undefined || (needs === 'installation_owner' ? me.is_installation_owner : may(needs));
}

export function useShortcuts(onHelp: () => void): void {
  const navigate = useNavigate();
  const mayGo = useMayGo();
  const { isOn } = useShortcutSwitch();
  const latest = useRef({ onHelp, mayGo, navigate });
  latest.current = { onHelp, mayGo, navigate };
  useEffect(() => {
    if (!isOn) return;
    let goneAt = 0;
    const listen = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || document.querySelector('[role=dialog],[role=menu]')) return;
      const isSecond = event.timeStamp - goneAt < sequenceMs;
      goneAt = event.key === 'g' ? event.timeStamp : 0;
      if (event.key === '?') latest.current.onHelp();
      else if (event.key === '/') focusSearch(event);
      else if (isSecond) {
        const found = destinations.find((one) => 'hotkey' in one && one.hotkey === event.key);
        if (found && latest.current.mayGo(found)) void latest.current.navigate({ to: found.to });
      }
    };
    document.addEventListener('keydown', listen);
    return () => document.removeEventListener('keydown', listen);
  }, [isOn]);
}

function focusSearch(event: KeyboardEvent): void {
  const input = document.querySelector<HTMLInputElement>('main input[type=search]');
  if (!input) return;
  event.preventDefault();
  input.focus();
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input,textarea,select,[contenteditable=true],[role=listbox]') !== null;
}
