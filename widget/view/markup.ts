// The small markup of engine/message.ts as nodes: emphasis, code, links. Nothing else is understood, nothing is parsed as HTML.
import { type Child, h } from './dom.ts';

// Spans are of bounded length, so that a text made of stars costs no more than its length.
const inline =
  /\\([\\`*_~[\]])|`([^`\n]{1,2000})`|(\*\*|~~|\*|(?<!\w)__?)(?=\S)([\s\S]{0,1999}?\S)\3|\[([^\]\n]{1,500})\]\(([^)\s]{1,2000})\)|(https?:\/\/[^\s<>"']{1,2000})/g;
const tags = { '**': 'strong', __: 'strong', '*': 'em', _: 'em', '~~': 's' } as const;
const deepest = 4;

export function markup(text: string, depth = 0): Child[] {
  const parts: Child[] = [];
  let at = 0;
  for (const found of text.matchAll(inline)) {
    const [whole, escaped, code, mark, inner, label, target, url] = found;
    parts.push(text.slice(at, found.index));
    at = found.index + whole.length;
    if (escaped) parts.push(escaped);
    else if (code) parts.push(h('code', {}, code));
    else if (mark) parts.push(depth < deepest ? h(tags[mark as keyof typeof tags], {}, markup(inner ?? '', depth + 1)) : whole);
    else if (target) parts.push(link(target, label ?? '') ?? whole);
    else if (url) {
      const end = /[.,;:!?)\]*_~]*$/.exec(url)?.[0] ?? '';
      const bare = url.slice(0, url.length - end.length);
      parts.push(link(bare, bare) ?? bare, end);
    }
  }
  parts.push(text.slice(at));
  return parts;
}

/** Only to where a link may lead; null for the rest. */
export function link(target: string, label: Child, props: { [name: string]: unknown } = {}): HTMLAnchorElement | null {
  if (!/^(https?:\/\/|mailto:|tel:)/i.test(target)) return null;
  return h('a', { href: target, target: '_blank', rel: 'noopener noreferrer nofollow ugc', ...props }, label);
}

/** A name that turns the reading direction of what follows it would lie about who speaks. */
export function plainName(name: string): string {
  return name.replace(/[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '').trim();
}
