// Every word of the chat, in English, and where the other languages are. Dates and counts are said by the browser (Intl).
import { attempt } from './api.ts';
import type { RestWords } from './rest/words.ts';

export const english = {
  open: 'Open chat',
  close: 'Close chat',
  back: 'Back',
  more: 'More options',
  write: 'Write a message…',
  send: 'Send',
  hello: 'Send us a message',
  online: 'Online now',
  away: 'We answer as soon as we can',
  queue: 'Somebody will be with you shortly',
  agent: 'You are talking to {0}',
  ended: 'This conversation has ended. Write to open it again.',
  sent: 'Sent',
  read: 'Read',
  news: 'New',
  offline: 'No connection. What you write is sent later.',
  broken: 'The chat cannot be reached just now.',
  you: 'You',
  log: 'Messages',
  by: 'Powered by {0}',
};

/** Of English a part comes with rest.ts; the other languages come whole. */
export type Words = typeof english;

/** THE LIST of languages beside English; each is fetched alone, when it is wanted. */
const languages: { [code: string]: () => Promise<{ words: Words & RestWords }> } = {
  ar: () => import('./locales/ar.ts'),
  de: () => import('./locales/de.ts'),
  es: () => import('./locales/es.ts'),
  fr: () => import('./locales/fr.ts'),
  it: () => import('./locales/it.ts'),
  ja: () => import('./locales/ja.ts'),
  nl: () => import('./locales/nl.ts'),
  pl: () => import('./locales/pl.ts'),
  pt: () => import('./locales/pt.ts'),
};

export type Language = { words: Words; locale: string; dir: 'ltr' | 'rtl' };

/** The words for the first of these locales that we speak, with dates in that very locale; English without one. */
export async function findLanguage(wanted: readonly string[]): Promise<Language> {
  for (const locale of wanted) {
    const code = locale.slice(0, 2).toLowerCase();
    const load = languages[code];
    const words =
      code === 'en'
        ? english
        : load &&
          (await attempt(
            async () => (await load()).words,
            () => null,
          ));
    // Days and hours as the reader's own country writes them.
    const own = navigator.languages.find((one) => one.startsWith(code)) ?? locale;
    if (words) return { words, locale: own, dir: code === 'ar' ? 'rtl' : 'ltr' };
  }
  return { words: english, locale: 'en', dir: 'ltr' };
}

/** What was asked for, what the page is in, what the browser speaks. */
export function localesOf(asked: string | undefined): string[] {
  return [asked, document.documentElement.lang, ...navigator.languages].filter((one): one is string => Boolean(one));
}

/** `{0}` by the first value, and so on. */
export function said(text: string, ...values: readonly (string | number)[]): string {
  return text.replace(/\{(\d)\}/g, (_, at) => String(values[at] ?? ''));
}
