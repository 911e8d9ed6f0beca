// Every text a person reads in the console can be said in another language.
import type { Finding, Rule } from '../rule.ts';
import { nameOf, type Placed, type Source } from '../source.ts';

const spoken = new Set(['label', 'placeholder', 'title', 'alt', 'description', 'aria-label', 'aria-description']);

export const translated: Rule = {
  name: 'every text of the console goes through i18n',
  check: (tree) => tree.product.filter(({ path }) => path.startsWith('admin/')).flatMap(findingsOf),
  planted: [
    {
      'admin/pages/tags.tsx': `
        const page = (
          <p title="All tags"> ✗
            No tags yet ✗
            {t('tags.empty')} · <b>×</b>
          </p>
        );
        const field = <input placeholder={t('tags.name')} alt="" label="https://" />;`,
    },
  ],
};

function findingsOf({ path, nodes, text, lineAt }: Source): Finding[] {
  return nodes.flatMap(({ node }) => {
    const said = textOf(node);
    const line = lineAt(node.start + Math.max(0, text.slice(node.start).search(/\S/)));
    // An address is the same in every language.
    return /\p{L}{2}/u.test(said) && !/^\s*https?:\S*\s*$/.test(said)
      ? [{ file: path, line, what: `says "${said.trim()}" in one language`, instead: 'the locales, under a key for t(…)' }]
      : [];
  });
}

function textOf(node: Placed['node']): string {
  if (node.type === 'JSXText') return node.value;
  const isSpoken = node.type === 'JSXAttribute' && spoken.has(nameOf(node.name)) && node.value?.type === 'Literal';
  return isSpoken && node.value?.type === 'Literal' ? String(node.value.value) : '';
}
