// Of a long list of rows of one height only those in sight are in the page, and those that must be: the one that is open
// and the one that has the focus. What is added above does not move what one looks at.
import { type FocusEvent, type RefObject, useEffect, useLayoutEffect, useRef, useState } from 'react';

/** Rows beyond the edges, so that a turn of the wheel shows no gap. */
const beyond = 8;
const rowRem = 5.375;

type Range = { from: number; to: number };

/** `keys`: of all rows, in order. `onNear`: the end of what is loaded is near. */
export function useWindow(box: RefObject<HTMLElement | null>, keys: readonly number[], { open, onNear }: { open: number | null; onNear: (() => void) | null }) {
  const [rowPx] = useState(() => rowRem * Number.parseFloat(getComputedStyle(document.documentElement).fontSize));
  const [range, setRange] = useState<Range>({ from: 0, to: 2 * beyond });
  const [focused, setFocused] = useState<number | null>(null);
  const first = useRef<{ key: number; at: number } | null>(null);

  const look = (): void => {
    const { current } = box;
    if (!current) return;
    const top = Math.floor(current.scrollTop / rowPx);
    // At the very top the newest is what one looks at.
    first.current = current.scrollTop < rowPx / 2 ? null : { key: keys[top] ?? 0, at: top };
    const next = { from: Math.max(0, top - beyond), to: top + Math.ceil(current.clientHeight / rowPx) + beyond };
    setRange((before) => (before.from === next.from && before.to === next.to ? before : next));
  };
  const latest = useRef(look);
  latest.current = look;

  useLayoutEffect(() => {
    const { current } = box;
    const held = first.current;
    if (current && held && keys[held.at] !== held.key) {
      const now = keys.indexOf(held.key);
      if (now !== -1) current.scrollTop += (now - held.at) * rowPx;
    }
    latest.current();
  }, [box, keys, rowPx]);

  useEffect(() => {
    const { current } = box;
    if (!current) return;
    const watch = new ResizeObserver(() => latest.current());
    watch.observe(current);
    return () => watch.disconnect();
  }, [box]);

  // Whoever goes on by key sees where they are.
  const at = open === null ? -1 : keys.indexOf(open);
  const place = useRef(at);
  place.current = at;
  useLayoutEffect(() => {
    const { current } = box;
    const top = place.current * rowPx;
    if (!current || open === null || top < 0) return;
    if (top < current.scrollTop) current.scrollTop = top;
    else if (top + rowPx > current.scrollTop + current.clientHeight) current.scrollTop = top + rowPx - current.clientHeight;
  }, [box, open, rowPx]);

  const isNear = onNear !== null && range.to >= keys.length;
  const near = useRef(onNear);
  near.current = onNear;
  useEffect(() => {
    if (isNear && keys.length > 0) near.current?.();
  }, [isNear, keys.length]);

  const shown = Array.from({ length: Math.max(0, Math.min(range.to, keys.length) - range.from) }, (_, nth) => range.from + nth);
  for (const one of [at, focused === null ? -1 : keys.indexOf(focused)]) if (one !== -1 && !shown.includes(one)) shown.push(one);
  return {
    rowPx,
    /** Places in `keys`, in the order in which they are read. */
    shown: shown.sort((a, b) => a - b),
    onScroll: look,
    onFocus: ({ target }: FocusEvent<HTMLElement>) => setFocused(Number(target.closest<HTMLElement>('[data-conversation]')?.dataset.conversation) || null),
    onBlur: () => setFocused(null),
  };
}
