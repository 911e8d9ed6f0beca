// Numbers.
import type { Functions } from '../functions.ts';
import { isTrue, numberOf, textOf } from '../value.ts';

// Our own table, so that a browser and Node write the same price.
const marks: { [language: string]: [group: string, decimal: string] } = {
  en: [',', '.'],
  de: ['.', ','],
  es: ['.', ','],
  it: ['.', ','],
  nl: ['.', ','],
  pt: ['.', ','],
  tr: ['.', ','],
  id: ['.', ','],
  fr: ['\u202f', ','],
  ru: ['\u00a0', ','],
  pl: ['\u00a0', ','],
  sv: ['\u00a0', ','],
  ar: [',', '.'],
  ja: [',', '.'],
  zh: [',', '.'],
};

export function formatNumber(number: number, decimals: number | null, language: string): string {
  const [group, decimal] = marks[language.slice(0, 2)] ?? ['', '.'];
  const places = decimals === null ? null : Math.max(0, Math.min(20, Math.trunc(decimals)));
  const [whole = '0', rest] = (places === null ? String(Math.abs(number)) : roundTo(Math.abs(number), places).toFixed(places)).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, group);
  return `${number < 0 ? '-' : ''}${grouped}${rest === undefined ? '' : `${decimal}${rest}`}`;
}

// 1.005 to two places is 1.01 for people, whatever binary says.
function roundTo(number: number, places: number): number {
  const shifted = Number(`${number}e${places}`);
  return Number.isFinite(shifted) ? Number(`${Math.round(shifted)}e-${places}`) : number;
}

export const numberFunctions: Functions = {
  int: ([value = null]) => {
    const number = numberOf(value);
    return number === null ? null : Math.trunc(number);
  },
  double: ([value = null]) => numberOf(value),
  number: ([value = null]) => numberOf(value),
  bool: ([value = null]) => (value === null ? null : isTrue(value)),
  round: ([value = null, places = null]) => {
    const number = numberOf(value);
    return number === null ? null : Math.sign(number) * roundTo(Math.abs(number), Math.max(0, Math.min(15, numberOf(places) ?? 0)));
  },
  floor: ([value = null]) => {
    const number = numberOf(value);
    return number === null ? null : Math.floor(number);
  },
  ceil: ([value = null]) => {
    const number = numberOf(value);
    return number === null ? null : Math.ceil(number);
  },
  abs: ([value = null]) => {
    const number = numberOf(value);
    return number === null ? null : Math.abs(number);
  },
  number_format: ([value = null, decimals = null, language = null], around) => {
    const number = numberOf(value);
    return number === null ? null : formatNumber(number, numberOf(decimals), language === null ? around.language : textOf(language));
  },
};
