// Times, dates and names of things, as the chosen language writes them.
import { useTranslation } from 'react-i18next';

const steps = [
  ['minute', 60],
  ['hour', 3600],
  ['day', 86_400],
  ['week', 604_800],
  ['month', 2_629_800],
  ['year', 31_557_600],
] as const;

/** "3 hours ago", "in 6 days"; under a minute it is now. */
export function ago(language: string, at: number, now: number): string {
  const seconds = (at - now) / 1000;
  const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  const step = steps.findLast(([, length]) => Math.abs(seconds) >= length);
  if (!step) return relative.format(0, 'second');
  // Something just promised for a week runs out in seven days, not in six.
  const n = seconds / step[1];
  return relative.format(n < 0 ? Math.trunc(n) : Math.round(n), step[0]);
}

/** English is chosen, but dates are written as in the person's own part of the world. */
export function localeOf(language: string, known: readonly string[]): string {
  return known.find((one) => one === language || one.startsWith(`${language}-`)) ?? language;
}

const sizes = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;

function bytes(language: string, n: number): string {
  const step = Math.min(sizes.length - 1, n < 1000 ? 0 : Math.floor(Math.log10(n) / 3));
  const unit = sizes[step] ?? 'byte';
  return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: 1 }).format(n / 1000 ** step);
}

export function useFormat() {
  const language = localeOf(useTranslation().i18n.language, navigator.languages);
  return {
    /** As dates are written, for what else has words of its own. */
    language,
    ago: (at: number) => ago(language, at, Date.now()),
    date: (at: number) => new Intl.DateTimeFormat(language, { dateStyle: 'medium' }).format(at),
    time: (at: number) => new Intl.DateTimeFormat(language, { timeStyle: 'short' }).format(at),
    /** By the clock of somewhere else. */
    in: (timeZone: string, at: number) =>
      new Intl.DateTimeFormat(language, { weekday: 'short', day: 'numeric', month: 'short', hour: 'numeric', minute: '2-digit', timeZone }).format(at),
    moment: (at: number) => new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'medium' }).format(at),
    list: (items: string[]) => new Intl.ListFormat(language, { type: 'conjunction' }).format(items),
    bytes: (n: number) => bytes(language, n),
    count: (n: number) => new Intl.NumberFormat(language).format(n),
  };
}

const channelNames: Record<string, string> = {
  web: 'Web',
  api: 'API',
  whatsapp: 'WhatsApp',
  telegram: 'Telegram',
  messenger: 'Messenger',
  instagram: 'Instagram',
};

export function channelName(channel: string): string {
  return channelNames[channel] ?? channel;
}
