// The one tag that puts the chat of a site on a page, with what its button looks like: the script asks nobody for it.
import { escapeHtml } from './page.ts';

export type Tagged = { site_key: string; theme?: { color: string | null; side: 'start' | 'end'; launcher: string | null } };

export function widgetTag({ site_key, theme }: Tagged): string {
  const said = { 'site-key': site_key, color: theme?.color, side: theme?.side === 'start' ? theme.side : null, label: theme?.launcher };
  const attributes = Object.entries(said).flatMap(([name, value]) => (value ? [`data-${name}="${escapeHtml(value)}"`] : []));
  return `<script src="/widget.js" ${attributes.join(' ')} async></script>`;
}
