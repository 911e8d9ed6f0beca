// What every page we serve has in common: the brand, a policy that lets nothing in from elsewhere, a fresh nonce, and
// text that is escaped. No page is kept by a cache, because the nonce and the brand are of this moment.
import { randomBytes } from 'node:crypto';
import type { FastifyReply } from 'fastify';
import type { App } from '../../app.ts';
import type { Brand } from '../../config.ts';

export type ReadBrand = (app: App) => Promise<Brand>;

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** JSON for a `<script type="application/json">`: nothing in it can end the element. */
export function scriptJson(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}

/** White where it can be read on the colour (WCAG 2.2 AA), else black, which then can. */
export function textOn(color: string): '#ffffff' | '#000000' {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  return 1.05 / (luminance + 0.05) >= 4.5 ? '#ffffff' : '#000000';
}

/** The variables our style sheets paint with. */
export function brandStyle(brand: Brand): string {
  return `:root{--brand:${brand.color};--on-brand:${textOn(brand.color)}}`;
}

/** The address of a brand's own picture, or none: a page without one asks for nothing. */
export function faviconOf(brand: Brand): string {
  return brand.favicon ?? 'data:,';
}

export type PagePolicy = {
  /** Whether only ours and the brand's, or those that a flow shows too, which lie anywhere. */
  pictures?: 'any';
  /** A page of ours that shows others of ours in itself, or is shown so. */
  frames?: 'shows ours' | 'within ours';
};

export function sendPage(reply: FastifyReply, brand: Brand, html: (nonce: string) => string, { pictures: from, frames }: PagePolicy = {}): FastifyReply {
  const nonce = randomBytes(16).toString('base64');
  const pictures = [brand.logo, brand.favicon].flatMap((url) => (url?.startsWith('http') ? [new URL(url).origin] : []));
  const policy = [
    "default-src 'none'",
    `script-src 'self' 'nonce-${nonce}'`,
    `style-src 'self' 'nonce-${nonce}'`,
    `img-src ${["'self'", 'data:', ...(from ? ['https:'] : new Set(pictures))].join(' ')}`,
    ...(from ? ["media-src 'self' https:"] : []),
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    ...(frames === 'shows ours' ? ["frame-src 'self'"] : []),
    `frame-ancestors ${frames === 'within ours' ? "'self'" : "'none'"}`,
  ];
  return reply.header('content-security-policy', policy.join('; ')).header('cache-control', 'no-store').type('text/html; charset=utf-8').send(html(nonce));
}

export type Shell = { title: string; brand: Brand; nonce: string; css: string; head?: string; body: string };

/** A whole page of ours; `css`, `head` and `body` are markup, everything in them already escaped. */
export function pageHtml({ title, brand, nonce, css, head = '', body }: Shell): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="${escapeHtml(faviconOf(brand))}">
<style nonce="${nonce}">${brandStyle(brand)}
${css}</style>
${head}</head>
<body>
${body}
</body>
</html>
`;
}
