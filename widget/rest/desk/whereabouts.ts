// Tells the server on which page the visitor is, so that an agent sees what they look at: while a conversation is open
// and the page is before their eyes, and once a page.
import type { Parts } from '../../parts.ts';

/** A page that changes its address without loading is noticed by then. */
const lookMs = 5_000;

export function makeWhereabouts({ api, talk }: Pick<Parts, 'api' | 'talk'>): { tell(): void; close(): void } {
  let told = '';
  function tell(): void {
    const id = talk.id();
    // Who comes back from another tab is here again.
    if (id === null || document.hidden) told = '';
    if (id === null || document.hidden) return;
    const sign = `${id} ${location.href}`;
    if (sign === told) return;
    told = sign;
    const title = document.title.replace(/^\(\d+\) /, '').slice(0, 120);
    void api.call('POST', `/conversations/${id}/presence`, { url: location.href.slice(0, 500), title });
  }
  const timer = setInterval(tell, lookMs);
  return { tell, close: () => clearInterval(timer) };
}
