// Every word of the console. English comes with the first bundle and stands in for what is missing; another language
// is fetched when it is chosen. A new language is a file in locales/ and a line here.
import { createInstance } from 'i18next';
import { initReactI18next } from 'react-i18next';
import en from './locales/en.json';

type Language = { code: string; name: string; dir: 'ltr' | 'rtl'; load: () => Promise<{ default: object }> };

export const languages = [
  { code: 'en', name: 'English', dir: 'ltr', load: async () => ({ default: en }) },
  { code: 'de', name: 'Deutsch', dir: 'ltr', load: () => import('./locales/de.json') },
] as const satisfies Language[];

export type LanguageCode = (typeof languages)[number]['code'];

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'words';
    resources: { words: typeof en };
  }
}

const storageKey = 'language';

export const i18n = createInstance({
  fallbackLng: 'en',
  ns: ['words'],
  defaultNS: 'words',
  resources: { en: { words: en } },
  interpolation: { escapeValue: false },
  returnNull: false,
}).use(initReactI18next);

function isLanguage(code: string | null | undefined): code is LanguageCode {
  return languages.some((one) => one.code === code);
}

/** What was chosen on this machine, else the first of the browser's languages that we speak. */
function preferredLanguage(): LanguageCode {
  const wanted = [localStorage.getItem(storageKey), ...navigator.languages.map((one) => one.split('-')[0])];
  return wanted.find(isLanguage) ?? 'en';
}

export async function startI18n(): Promise<void> {
  await i18n.init();
  await setLanguage(preferredLanguage());
}

export async function setLanguage(code: string): Promise<void> {
  const language = languages.find((one) => one.code === code);
  if (!language) return;
  if (!i18n.hasResourceBundle(code, 'words')) i18n.addResourceBundle(code, 'words', (await language.load()).default);
  await i18n.changeLanguage(code);
  localStorage.setItem(storageKey, code);
  document.documentElement.lang = code;
  document.documentElement.dir = language.dir;
}
