// How a thread scrolls: what one looks at stays where it is while pages come and go around it, the end stays in sight for
// who is there, pages are asked for before one arrives at them, and a message that was found is gone to.
import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from 'react';

type Box = RefObject<HTMLElement | null>;

/** The box grows from its foot: at its end it stands at 0, before it below that. */
const nearEndPx = 8;
const farPx = 600;

/** `isEnd`: nothing follows what is held. `goTo`: a message to go to, once. */
type Steady = { isEnd: boolean; goTo: number | null };

/** Says whether the end is out of sight. */
export function useSteady(box: Box, { isEnd, goTo }: Steady): { isFar: boolean; onScroll: () => void } {
  const held = useRef<{ key: string; top: number } | null>(null);
  const gone = useRef<number | null>(null);
  const [isFar, setFar] = useState(false);
  const hold = (): void => {
    const { current } = box;
    if (!current) return;
    setFar(!isEnd || current.scrollTop < -farPx);
    held.current = isEnd && current.scrollTop > -nearEndPx ? null : firstInSight(current);
  };
  // After each change, before it is painted.
  useLayoutEffect(() => {
    const { current } = box;
    if (!current) return;
    const at = (seq: string | number | undefined) => current.querySelector<HTMLElement>(`[data-seq="${seq}"]`);
    const before = held.current;
    const same = before && at(before.key);
    if (same) current.scrollTop += same.getBoundingClientRect().top - before.top;
    const wanted = goTo === null || goTo === gone.current ? null : at(goTo);
    if (wanted) {
      gone.current = goTo;
      show(wanted);
    }
    hold();
  });
  return { isFar, onScroll: hold };
}

/** In the middle, marked, and read out to who hears the page. */
function show(message: HTMLElement): void {
  message.scrollIntoView({ block: 'center' });
  message.dataset.found = '';
  message.tabIndex = -1;
  message.focus({ preventScroll: true });
}

function firstInSight(box: HTMLElement): { key: string; top: number } | null {
  const edge = box.getBoundingClientRect().top;
  for (const one of box.querySelectorAll<HTMLElement>('[data-seq]')) {
    const { top, bottom } = one.getBoundingClientRect();
    if (bottom > edge) return { key: one.dataset.seq ?? '', top };
  }
  return null;
}

/** `go` is called when the mark comes near what is in sight, and again after each page (`held`) while it still is. */
export function useNear(box: Box, mark: RefObject<HTMLElement | null>, go: (() => void) | null, held: number | undefined): void {
  const latest = useRef(go);
  latest.current = go;
  const isOn = go !== null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page may leave the mark where it is
  useEffect(() => {
    if (!isOn || !mark.current) return;
    const watch = new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && latest.current?.(), {
      root: box.current,
      rootMargin: `${farPx}px 0px`,
    });
    watch.observe(mark.current);
    return () => watch.disconnect();
  }, [box, mark, isOn, held]);
}
