// Languages and currencies as the browser knows them, named in the language of the console.

export function currencies(language: string): { value: string; label: string }[] {
  const names = new Intl.DisplayNames(language, { type: 'currency' });
  return Intl.supportedValuesOf('currency').map((value) => ({ value, label: `${value} · ${names.of(value)}` }));
}

const spoken =
  'ar bg bn ca cs da de el en es et fa fi fr he hi hr hu id is it ja ka ko lt lv ms nb nl pl pt pt-BR ro ru sk sl sr sv sw ta th tr uk ur vi zh zh-TW';

export function languagesOfWorld(language: string, current: string): { value: string; label: string }[] {
  const names = new Intl.DisplayNames(language, { type: 'language' });
  return [...new Set([...spoken.split(' '), current])]
    .map((value) => ({ value, label: `${names.of(value)} (${value})` }))
    .toSorted((a, b) => a.label.localeCompare(b.label, language));
}
