// A page for a chat that has no website: its name, a button, and the code that opens it on a phone.
import type { Brand } from '../../config.ts';
import { escapeHtml, pageHtml } from './page.ts';
import { qrOf, qrSvg } from './qr.ts';
import { type Tagged, widgetTag } from './tag.ts';

export type Shared = Tagged & { name: string; greeting: string };

const css = `
:root { color-scheme: light dark; --paper: light-dark(#ffffff, #181b21); --ink: light-dark(#14171c, #eef0f3); --dim: light-dark(#59606d, #a5acb8); --line: light-dark(#e2e6ec, #30353f); }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 24px 24px 96px; background: linear-gradient(color-mix(in oklab, var(--brand) 18%, var(--paper)), var(--paper) 60%); color: var(--ink); font: 17px/1.55 system-ui, sans-serif; }
main { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 32px 56px; align-items: center; width: 100%; max-width: 820px; padding: 48px; border: 1px solid var(--line); border-radius: 24px; background: var(--paper); box-shadow: 0 12px 48px #0000001a; }
h1 { margin: 0 0 12px; font-size: clamp(30px, 5vw, 44px); line-height: 1.1; letter-spacing: -.02em; overflow-wrap: anywhere; }
p { margin: 0; color: var(--dim); overflow-wrap: anywhere; }
button { margin-top: 28px; padding: 14px 28px; border: 1px solid transparent; border-radius: 999px; background: var(--brand); color: var(--on-brand); font: 600 17px/1.2 system-ui, sans-serif; cursor: pointer; }
button:focus-visible { outline: 3px solid var(--brand); outline-offset: 3px; }
figure { margin: 0; text-align: center; }
figure svg { display: block; width: 200px; border: 1px solid var(--line); border-radius: 16px; }
figcaption { margin-top: 10px; color: var(--dim); font-size: 14px; }
@media (max-width: 700px) { main { grid-template-columns: 1fr; padding: 32px 24px; text-align: center; } figure svg { margin: 0 auto; } }
`;

export function sharePage(shared: Shared, { brand, nonce, url }: { brand: Brand; nonce: string; url: string }): string {
  const { name, greeting } = shared;
  const code = qrOf(url);
  const figure = code ? `<figure>${qrSvg(code, 'A code that opens this page')}<figcaption>Scan it to chat on your phone</figcaption></figure>` : '';
  return pageHtml({
    title: name,
    brand,
    nonce,
    css: `${css}:root{--chat-color:var(--brand);--chat-on-color:var(--on-brand)}`,
    body: `<main>
<div><h1>${escapeHtml(name)}</h1><p>${escapeHtml(greeting)}</p><button type="button" data-parley-open>Start the chat</button></div>
${figure}
</main>
${widgetTag(shared)}`,
  });
}
