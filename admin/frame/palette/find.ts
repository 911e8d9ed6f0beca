// Finding what somebody means by a few letters.

/** Every word must occur; what begins with the text stands first. */
export function findEntries<E extends { label: string; hint?: string }>(entries: E[], text: string): E[] {
  const fold = (words: string) => words.toLocaleLowerCase().normalize('NFKD').replace(/\p{M}/gu, '');
  const query = fold(text.trim());
  const words = query.split(/\s+/);
  const found = entries.filter(({ label, hint }) => words.every((word) => fold(`${label} ${hint ?? ''}`).includes(word)));
  return query === '' ? found : found.toSorted((a, b) => Number(fold(b.label).startsWith(query)) - Number(fold(a.label).startsWith(query)));
}
