// The one tag that puts the chat on a page: <script src="…/widget.js" data-site-key="site_…" async></script>
// It asks nothing, stores nothing and moves nothing: the chat itself comes at the first sign that somebody wants it.
// One file without imports, so that the server can also serve it unbuilt; a block, so that no name becomes the page's.
import type { Chat, ChatModule, Host, Theme } from './host.ts';

/** Where the built chat is, from the script; not there when nothing is built. */
declare const CHAT_PATH: string;

{
  type Call = ArrayLike<unknown>;
  type Listener = (detail: unknown) => void;
  type Options = Partial<Record<'siteKey' | 'locale' | 'scheme' | 'color' | 'side' | 'label', string>>;

  const elementName = 'chat-launcher';
  const bubble = 'M12 3C6.5 3 2 6.9 2 11.6c0 2.5 1.2 4.7 3.2 6.3L4.6 21.5c-.1.5.4.8.8.6l4-2c.8.2 1.7.3 2.6.3 5.5 0 10-3.9 10-8.7S17.5 3 12 3Z';
  const chevron = 'M5.3 8.3a1 1 0 0 1 1.4 0l5.3 5.3 5.3-5.3a1 1 0 1 1 1.4 1.4l-6 6a1 1 0 0 1-1.4 0l-6-6a1 1 0 0 1 0-1.4Z';
  const css = `
    :host { all: initial; position: fixed; z-index: var(--chat-z, 2147483000); inset-block-end: calc(var(--chat-offset, 20px) + env(safe-area-inset-bottom, 0px)); inset-inline-end: var(--chat-offset, 20px); font: 14px/1.4 var(--chat-font, system-ui, sans-serif); }
    :host([data-side=start]) { inset-inline: var(--chat-offset, 20px) auto; }
    [hidden] { display: none !important; }
    .launcher { all: unset; box-sizing: border-box; position: relative; display: grid; place-items: center; grid-auto-flow: column; gap: 8px; min-width: 56px; height: 56px; padding: 0 14px; border-radius: 28px; border: 1px solid transparent;
      background: var(--chat-color, #2f6fed); color: var(--chat-on-color, #fff); box-shadow: 0 1px 6px #0002, 0 4px 24px #0003; cursor: pointer; }
    .launcher:focus-visible { outline: 3px solid var(--chat-color, #2f6fed); outline-offset: 3px; }
    .launcher:is(:hover, [aria-busy=true]) { filter: brightness(1.12); }
    svg { width: 26px; height: 26px; fill: currentColor; }
    .words { font-weight: 600; font-size: 15px; } .words:empty, [aria-expanded=true] .words { display: none; }
    .badge { position: absolute; inset-block-start: -4px; inset-inline-end: -4px; min-width: 22px; box-sizing: border-box; padding: 0 6px; border-radius: 11px; background: #d92d20; color: #fff; font: 600 12px/22px var(--chat-font, system-ui, sans-serif); text-align: center; }
    .note { position: absolute; inset-block-end: 68px; inset-inline: auto 0; width: 180px; padding: 8px 12px; border-radius: 8px; background: #1a1d23; color: #fff; }
    :host([data-side=start]) .note { inset-inline: 0 auto; } .note:empty { display: none; }
    @media print { :host { display: none; } }`;

  const script = (document.currentScript ?? document.querySelector('script[data-site-key]')) as HTMLScriptElement | null;
  const base = new URL('.', script?.src || location.href).href;
  const listeners = new Map<string, Set<Listener>>();
  const page = window as unknown as { parley?: unknown };

  let options: Options = {};
  let element: HTMLElement | null = null;
  let chat: Chat | null = null;
  let isLoading = false;
  let isOpen = false;
  let unread = 0;
  /** What was asked of the chat before it was there, in order. */
  let waiting: ((chat: Chat) => void)[] = [];
  let show: Host['show'] = () => {};
  const words = document.createElement('span');

  const emit: Host['emit'] = (name, detail) => {
    for (const listener of [...(listeners.get(name) ?? [])]) listener(detail);
    (element ?? document).dispatchEvent(new CustomEvent(`parley:${name}`, { detail, bubbles: true, composed: true }));
  };

  function listen(name: string, listener: Listener): void {
    listeners.set(name, (listeners.get(name) ?? new Set()).add(listener));
  }

  function draw(path: string): SVGElement {
    const [icon, shape] = ['svg', 'path'].map((name) => document.createElementNS('http://www.w3.org/2000/svg', name)) as [SVGElement, SVGElement];
    icon.setAttribute('viewBox', '0 0 24 24');
    icon.setAttribute('aria-hidden', 'true');
    shape.setAttribute('d', path);
    icon.append(shape);
    return icon;
  }

  /** Whatever the colour, what stands on it can be read (WCAG 2.2 AA). */
  function textOn(color: string): string {
    const parts = /^#(..)(..)(..)$/.exec(color)?.slice(1) ?? [];
    const [red = 0, green = 0, blue = 0] = parts.map((part) => {
      // Close enough to what the standard says to fall on the same side.
      return (Number.parseInt(part, 16) / 255) ** 2.2;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.1833 ? '#000' : '#fff';
  }

  function paint({ color, radius, side, launcher }: Theme): void {
    if (!element) return;
    if (launcher !== undefined) words.textContent = launcher;
    if (color) {
      element.style.setProperty('--chat-color', color);
      element.style.setProperty('--chat-on-color', textOn(color));
    }
    if (radius !== undefined) element.style.setProperty('--chat-radius', `${radius}px`);
    if (side) element.dataset.side = side;
  }

  function mount(): void {
    if (element) return;
    if (!customElements.get(elementName)) customElements.define(elementName, class extends HTMLElement {});
    element = document.createElement(elementName);
    element.role = 'complementary';
    element.ariaLabel = 'Chat';
    const root = element.attachShadow({ mode: 'open' });
    // A sheet that was constructed is allowed by every policy of the page; a <style> is not.
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    root.adoptedStyleSheets = [sheet];

    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'launcher';
    button.part.add('launcher');
    button.ariaExpanded = 'false';
    const badge = document.createElement('span');
    badge.className = 'badge';
    badge.hidden = true;
    const note = document.createElement('div');
    note.className = 'note';
    note.role = 'status';
    words.className = 'words';
    button.append(draw(bubble), words, badge);
    root.append(button, note);

    button.onclick = () => void parley('toggle');
    button.onpointerenter = button.onfocus = load;
    show = (state) => {
      isOpen = state.isOpen ?? isOpen;
      unread = state.unread ?? unread;
      button.ariaExpanded = `${isOpen}`;
      // What can be read on it is what it is called.
      if (state.label) button.ariaLabel = (!isOpen && words.textContent) || state.label;
      button.firstElementChild?.replaceWith(draw(isOpen ? chevron : bubble));
      badge.textContent = unread > 9 ? '9+' : `${unread}`;
      badge.hidden = unread === 0 || isOpen;
      button.ariaBusy = `${isLoading}`;
      if (state.note !== undefined) note.textContent = state.note;
    };
    paint({ color: options.color ?? '', side: options.side === 'start' ? 'start' : 'end', launcher: options.label ?? '' });
    show({ label: 'Chat' });
    // Not into the body: pages replace it.
    document.documentElement.append(element);
    // Somebody who has talked here before hears of answers without a click. Where storage is forbidden nobody has.
    void Promise.resolve()
      .then(() => localStorage.getItem(`chat:${options.siteKey}`))
      .then(
        (known) => known && (window.requestIdleCallback ?? setTimeout)(load),
        () => {},
      );
  }

  function load(): void {
    if (chat || isLoading || !element?.shadowRoot) return;
    if (typeof CHAT_PATH === 'undefined') {
      show({ note: 'The chat cannot open: its pages are not built. npm run build builds them.' });
      return;
    }
    const host: Host = { root: element.shadowRoot, element, siteKey: options.siteKey ?? '', base, options, emit, show, paint };
    isLoading = true;
    show({});
    (import(/* @vite-ignore */ base + CHAT_PATH) as Promise<ChatModule>).then(
      (loaded) => {
        isLoading = false;
        if (host.element !== element) return;
        chat = loaded.startChat(host);
        show({ note: '' });
        emit('ready');
        for (const call of waiting.splice(0)) call(chat);
      },
      () => {
        isLoading = false;
        waiting = [];
        show({ note: 'Not loaded. Click to try again.' });
      },
    );
  }

  /** Only wanting the chat fetches it; what merely prepares it waits until then. */
  function ask(name: string, args: unknown[], { isWanted }: { isWanted: boolean }): Promise<unknown> {
    const answer = new Promise((resolve) => {
      const call = (there: Chat) => resolve(there[name]?.(...(args as never[])));
      if (chat) call(chat);
      else if (waiting.length < 100) waiting.push(call);
    });
    if (isWanted) load();
    return answer;
  }

  const methods: { [name: string]: (...args: never[]) => unknown } = {
    init(more: Options = {}) {
      options = { ...options, ...more };
      if (options.siteKey) mount();
      else console.warn('The chat has no site key.');
    },
    destroy() {
      chat?.destroy?.();
      element?.remove();
      chat = element = null;
      waiting = [];
      isOpen = false;
      unread = 0;
    },
    show: () => element?.toggleAttribute('hidden', false),
    hide: () => element?.toggleAttribute('hidden', true),
    isOpen: () => isOpen,
    unreadCount: () => unread,
    on: listen,
    once(name: string, listener: Listener) {
      const first: Listener = (detail) => {
        listeners.get(name)?.delete(first);
        listener(detail);
      };
      listen(name, first);
    },
    off: (name: string, listener?: Listener) => (listener ? listeners.get(name)?.delete(listener) : listeners.delete(name)),
    setTheme: (theme: Theme) => paint(theme),
  };
  for (const name of 'open close toggle send start reset transcript newConversation openConversation showPreview'.split(' '))
    methods[name] = (...args) => ask(name, args, { isWanted: name !== 'close' });
  for (const name of 'prefill setVariables setAttributes setConversationAttributes addLabels removeLabels track hidePreview identify setLocale setScheme mute consent'.split(
    ' ',
  ))
    methods[name] = (...args) => ask(name, args, { isWanted: false });

  const parley = Object.assign((name: string, ...args: unknown[]): unknown => {
    const method = methods[name];
    if (!method) return console.warn(`The chat has no method ${name}.`);
    return method(...(args as never[]));
  }, methods);

  const before = page.parley as { q?: Call[]; isChat?: true } | Call[] | undefined;
  // Loaded twice, by two tags or by a page that runs its scripts again, it stays the one it is.
  if (!(before as { isChat?: true })?.isChat) {
    page.parley = Object.assign(parley, { isChat: true });
    document.addEventListener('click', (event) => {
      if ((event.target as Element | null)?.closest?.('[data-parley-open]')) void parley('open');
    });
    const { siteKey, locale, scheme, color, side, label } = script?.dataset ?? {};
    for (const [name, value] of Object.entries({ siteKey, locale, scheme, color, side, label })) if (value) options[name as keyof Options] = value;
    const early = Array.isArray(before) ? before : (before?.q ?? []);
    if (siteKey || !early.some((call) => call[0] === 'init')) parley('init');
    for (const call of early) parley(...(Array.from(call) as [string]));
  }
}
