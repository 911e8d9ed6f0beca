// How a phone's keyboard and the panel get along.

/** The keyboard of a phone covers the page without telling its layout: what is seen of it is what the panel fills. */
export function fitKeyboard({ style }: HTMLElement, signal: AbortSignal): void {
  const viewport = window.visualViewport;
  const fitTo = (): void => {
    style.setProperty('--seen-height', `${viewport?.height ?? innerHeight}px`);
    style.setProperty('--seen-top', `${viewport?.offsetTop ?? 0}px`);
  };
  for (const event of ['resize', 'scroll']) viewport?.addEventListener(event, fitTo, { signal });
  fitTo();
}
