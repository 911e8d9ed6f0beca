// The one tag that puts the chat on a page: <script src="…/widget.js" data-site-key="site_…" async></script>
// For now it shows where the launcher will stand, and says so. It asks nothing, stores nothing and moves nothing.
// One file without imports, so that the server can also serve it unbuilt; a block, so that no name becomes the page's.
{
  const elementName = 'chat-launcher';
  const bubble = 'M12 3C6.5 3 2 6.9 2 11.6c0 2.5 1.2 4.7 3.2 6.3L4.6 21.5c-.1.5.4.8.8.6l4-2c.8.2 1.7.3 2.6.3 5.5 0 10-3.9 10-8.7S17.5 3 12 3Z';

  const css = `
    :host { all: initial; position: fixed; z-index: 2147483000; inset-block-end: calc(20px + env(safe-area-inset-bottom, 0px)); inset-inline-end: 20px; font: 14px/1.4 system-ui, sans-serif; }
    button { all: unset; box-sizing: border-box; display: grid; place-items: center; width: 56px; height: 56px; border-radius: 50%; border: 1px solid transparent;
      background: var(--chat-color, #2f6fed); color: var(--chat-on-color, #fff); box-shadow: 0 4px 16px #0003; cursor: default; -webkit-tap-highlight-color: transparent; }
    button:focus-visible { outline: 3px solid var(--chat-color, #2f6fed); outline-offset: 3px; }
    svg { width: 26px; height: 26px; fill: currentColor; }
    span { position: absolute; inset-block-end: 68px; inset-inline-end: 0; width: max-content; max-width: min(240px, calc(100vw - 40px)); box-sizing: border-box; padding: 8px 12px;
      border: 1px solid transparent; border-radius: 8px; background: #1a1d23; color: #fff; visibility: hidden; }
    button:is(:hover, :focus):not(.quiet) + span, span:hover { visibility: visible; }
    @media print { :host { display: none; } }`;

  class ChatLauncher extends HTMLElement {
    connectedCallback(): void {
      if (this.shadowRoot) return;
      const root = this.attachShadow({ mode: 'open' });
      // A sheet that was constructed is allowed by every policy of the page; a <style> is not.
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(css);
      root.adoptedStyleSheets = [sheet];

      const button = document.createElement('button');
      button.type = 'button';
      button.ariaLabel = 'Chat';
      button.ariaDisabled = 'true';
      button.setAttribute('aria-describedby', 'tip');
      const icon = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
      icon.setAttribute('viewBox', '0 0 24 24');
      icon.setAttribute('aria-hidden', 'true');
      const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
      path.setAttribute('d', bubble);
      icon.append(path);
      button.append(icon);

      const tip = document.createElement('span');
      tip.id = 'tip';
      tip.role = 'tooltip';
      tip.textContent = 'The chat opens here once it is set up.';
      root.append(button, tip);

      // A tip can be dismissed without moving the pointer or the focus, and comes back with the next visit.
      button.addEventListener('keydown', (event) => button.classList.toggle('quiet', event.key === 'Escape'));
      for (const left of ['blur', 'pointerleave']) button.addEventListener(left, () => button.classList.remove('quiet'));
    }
  }

  const siteKey = (document.currentScript ?? document.querySelector('script[data-site-key]'))?.getAttribute('data-site-key');
  if (!siteKey) console.warn('The chat does not show: its script tag has no data-site-key.');
  else if (!customElements.get(elementName)) {
    customElements.define(elementName, ChatLauncher);
    const launcher = document.createElement(elementName);
    launcher.role = 'complementary';
    launcher.ariaLabel = 'Chat';
    // Not into the body: pages replace it.
    document.documentElement.append(launcher);
  }
}
