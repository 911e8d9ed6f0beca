// Every word of the console, a file for each group of pages and language. English's own of the first page come with the
// first bundle; the rest is fetched with the page that says it, and another language when it is chosen. A new language is
// a folder in locales/ and a line here; a new group is a file in each of them and a line here.
import { createInstance } from 'i18next';
import { initReactI18next } from 'react-i18next';
import base from './locales/en/base.json';
import type developers from './locales/en/developers.json';
import type inbox from './locales/en/inbox.json';
import type outside from './locales/en/outside.json';
import type person from './locales/en/person.json';
import type settings from './locales/en/settings.json';
import type sites from './locales/en/sites.json';
import type subscribers from './locales/en/subscribers.json';
import type you from './locales/en/you.json';

type Groups = {
  /** The frame, the home page, and what any page may say. */
  base: typeof base;
  developers: typeof developers;
  inbox: typeof inbox;
  outside: typeof outside;
  /** What is shown and changed of somebody, in the inbox and on their page. */
  person: typeof person;
  settings: typeof settings;
  sites: typeof sites;
  subscribers: typeof subscribers;
  you: typeof you;
};
export type WordGroup = keyof Groups;

type Every<T> = (T extends unknown ? (each: T) => void : never) extends (all: infer All) => void ? All : never;

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'words';
    resources: { words: Every<Groups[WordGroup]> };
  }
}

export const languages = [
  { code: 'en', name: 'English', dir: 'ltr' },
  { code: 'de', name: 'Deutsch', dir: 'ltr' },
] as const satisfies { code: string; name: string; dir: 'ltr' | 'rtl' }[];

export type LanguageCode = (typeof languages)[number]['code'];

/** A file each, but the one that is here. */
const files = import.meta.glob<object>(['./locales/*/*.json', '!./locales/en/base.json'], { import: 'default' });

const storageKey = 'language';
const loaded = new Set(['en/base']);
/** What pages have asked for so far: it comes along when the language changes. */
const wanted = new Set<WordGroup>(['base']);

export const i18n = createInstance({
  fallbackLng: 'en',
  ns: ['words'],
  defaultNS: 'words',
  resources: { en: { words: base } },
  interpolation: { escapeValue: false },
  returnNull: false,
}).use(initReactI18next);

function isLanguage(code: string | null | undefined): code is LanguageCode {
  return languages.some((one) => one.code === code);
}

/** What was chosen on this machine, else the first of the browser's languages that we speak. */
function preferredLanguage(): LanguageCode {
  const wishes = [localStorage.getItem(storageKey), ...navigator.languages.map((one) => one.split('-')[0])];
  return wishes.find(isLanguage) ?? 'en';
}

export async function startI18n(): Promise<void> {
  await i18n.init();
  await setLanguage(preferredLanguage());
}

/** Before a page that says them is shown. */
export async function loadWords(group: WordGroup): Promise<void> {
  wanted.add(group);
  await fetchWords(i18n.language, group);
}

async function fetchWords(code: string, group: WordGroup): Promise<void> {
  const name = `${code}/${group}`;
  if (loaded.has(name)) return;
  const words = await files[`./locales/${name}.json`]?.();
  i18n.addResourceBundle(code, 'words', words, true, true);
  loaded.add(name);
}

export async function setLanguage(code: string): Promise<void> {
  const language = languages.find((one) => one.code === code);
  if (!language) return;
  await Promise.all([...wanted].map((group) => fetchWords(code, group)));
  // Those of a page that was opened meanwhile.
  for (const group of wanted) await fetchWords(code, group);
  await i18n.changeLanguage(code);
  localStorage.setItem(storageKey, code);
  document.documentElement.lang = code;
  document.documentElement.dir = language.dir;
}
