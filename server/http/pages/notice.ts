// A page with one thing to say: not built yet, not set up yet.
import type { Brand } from '../../config.ts';
import { escapeHtml, pageHtml } from './page.ts';

export type Notice = { brand: Brand; nonce: string; title: string; text: string; links?: { href: string; label: string }[] };

const css = `
:root { color-scheme: light dark; --ground: light-dark(#f6f7f9, #0f1115); --card: light-dark(#ffffff, #181b21); --text: light-dark(#1a1d23, #e8eaee); --dim: light-dark(#59606d, #a2a9b6); --line: light-dark(#dfe3ea, #2b303a); --link: light-dark(#1d56c9, #8fb4ff); }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 24px; background: var(--ground); color: var(--text); font: 16px/1.6 system-ui, sans-serif; }
main { width: 100%; max-width: 560px; padding: 32px; background: var(--card); border: 1px solid var(--line); border-top: 4px solid var(--brand); border-radius: 12px; }
h1 { margin: 0 0 8px; font-size: 24px; line-height: 1.3; }
.brand { display: flex; gap: 8px; align-items: center; margin: 0 0 24px; color: var(--dim); font-weight: 600; }
.brand img { height: 24px; }
pre { margin: 0; padding: 12px 16px; overflow-x: auto; background: var(--ground); border: 1px solid var(--line); border-radius: 8px; font: 14px/1.6 ui-monospace, monospace; }
a { color: var(--link); }
a:focus-visible { outline: 2px solid currentColor; outline-offset: 2px; border-radius: 2px; }
nav { display: flex; flex-wrap: wrap; gap: 8px 24px; margin-top: 24px; padding-top: 16px; border-top: 1px solid var(--line); }
`;

/** `text` is markup; everything else is escaped here. */
export function noticePage({ brand, nonce, title, text, links = [] }: Notice): string {
  const logo = brand.logo === null ? '' : `<img src="${escapeHtml(brand.logo)}" alt="">`;
  const items = links.map((link) => `<a href="${escapeHtml(link.href)}">${escapeHtml(link.label)}</a>`).join('\n');
  return pageHtml({
    title: `${brand.name} · ${title}`,
    brand,
    nonce,
    css,
    body: `<main>
<p class="brand">${logo}${escapeHtml(brand.name)}</p>
<h1>${escapeHtml(title)}</h1>
${text}
${items === '' ? '' : `<nav aria-label="Elsewhere">${items}</nav>`}
</main>`,
  });
}
