// Reads what a person replied as an answer of a kind: a number, a date, one of the choices … Shared by whatever asks.

import parsePhoneNumber from 'libphonenumber-js/min';
import { z } from 'zod';
import { json, template } from '../block.ts';
import { matchRegex } from '../expression/regex.ts';
import { isTrue, numberOf, textOf, type Value } from '../expression/value.ts';
import type { AskKind, FileRef, Reply, WaitingChoice } from '../message.ts';

export const check = z.strictObject({
  min: z.number().optional(),
  max: z.number().optional(),
  regex: z.string().max(1_000).optional(),
  in: z.array(json).max(1_000).optional(),
  cel: template.optional(),
});

export type Check = z.output<typeof check>;

export type Question = {
  kind: AskKind;
  choices: WaitingChoice[];
  check?: Check | undefined;
  trim: boolean;
  country?: string;
  /** Of a file: `image/*`, `application/pdf`, `.docx`. */
  accept?: string[];
  maxBytes?: number;
  /** Judges `check.cel`, with the answer as `value`. */
  judge: (expression: string, value: Value) => Value;
};

export type Answered = { ok: true; value: Value; choice: string | null } | { ok: false };

const no: Answered = { ok: false };
const yes = (value: Value, choice: string | null = null): Answered => ({ ok: true, value, choice });

export function readAnswer(question: Question, reply: Reply): Answered {
  const read = readers[question.kind](reply, question);
  if (!read.ok || !question.check) return read;
  return passes(question.check, read.value, question) ? read : no;
}

function passes(rules: Check, value: Value, question: Question): boolean {
  // Bounds mean the size of a text or list, and the value of a number.
  const measure = typeof value === 'number' ? value : typeof value === 'string' ? [...value].length : Array.isArray(value) ? value.length : null;
  if (rules.min !== undefined && (measure === null || measure < rules.min)) return false;
  if (rules.max !== undefined && (measure === null || measure > rules.max)) return false;
  if (rules.regex !== undefined && matchRegex(rules.regex, textOf(value)) === null) return false;
  if (rules.in !== undefined && !rules.in.some((one) => fold(textOf(one)) === fold(textOf(value)))) return false;
  return rules.cel === undefined || isTrue(question.judge(rules.cel, value));
}

/** Lower case without accents: `Café` is `cafe` to someone in a hurry. */
export function fold(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().trim();
}

/** The choice a reply means: by what the press carried, by its words, or by its number in the list. */
export function choiceOf(reply: Reply, choices: readonly WaitingChoice[]): WaitingChoice | null {
  const pressed = choices.find((one) => one.payload === reply.payload);
  if (pressed) return pressed;
  const said = fold(reply.text);
  if (said === '') return null;
  const named = choices.find((one) => fold(one.label) === said || one.id === said || fold(textOf(one.value)) === said);
  if (named) return named;
  return /^\d{1,3}[.)]?$/.test(said) ? (choices[Number.parseInt(said, 10) - 1] ?? null) : null;
}

const words = { yes: ['yes', 'y', 'ja', 'j', 'si', 'oui', 'sim', 'da', 'ok', 'true', '1'], no: ['no', 'n', 'nein', 'non', 'nao', 'net', 'false', '0', '2'] };

function textAnswer(reply: Reply, question: Question): Answered {
  const text = question.trim ? reply.text.trim() : reply.text;
  return text.trim() === '' ? no : yes(text);
}

// "1.234,5" and "1,234.5" are the same number to the people who write them.
function numberAnswer(reply: Reply): Answered {
  const said = reply.text.trim().replace(/[\s\u00a0\u202f']/g, '');
  const plain = /^[+-]?\d{1,3}(\.\d{3})+(,\d+)?$/.test(said)
    ? said.replaceAll('.', '').replace(',', '.')
    : /^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$/.test(said)
      ? said.replaceAll(',', '')
      : said.replace(/^([+-]?\d+),(\d+)$/, '$1.$2');
  const number = numberOf(plain);
  return number === null || !/^[+-]?[\d.]/.test(plain) ? no : yes(number);
}

// The pattern of input type=email (WHATWG).
const emailPattern = /^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)+$/;

function emailAnswer(reply: Reply): Answered {
  const text = reply.text.trim();
  if (text.length > 254 || !emailPattern.test(text)) return no;
  const at = text.lastIndexOf('@');
  return yes(`${text.slice(0, at)}${text.slice(at).toLowerCase()}`);
}

function phoneAnswer(reply: Reply, question: Question): Answered {
  const found = parsePhoneNumber(reply.text.trim(), question.country === undefined ? undefined : { defaultCountry: question.country as 'DE' });
  return found?.isValid() ? yes(found.number) : no;
}

function urlAnswer(reply: Reply): Answered {
  const text = reply.text.trim();
  const found = /^(https?:\/\/)?([\p{L}\p{N}-]+(\.[\p{L}\p{N}-]+)+)(:\d{1,5})?([/?#]\S*)?$/iu.exec(text);
  return found && text.length <= 2_000 ? yes(found[1] ? text : `https://${text}`) : no;
}

function dateAnswer(reply: Reply): Answered {
  const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(reply.text.trim());
  const european = /^(\d{1,2})[./](\d{1,2})[./](\d{4})$/.exec(reply.text.trim());
  const [year, month, day] = iso ? [iso[1], iso[2], iso[3]] : european ? [european[3], european[2], european[1]] : [];
  if (year === undefined || month === undefined || day === undefined) return no;
  return isDay(Number(year), Number(month), Number(day)) ? yes(`${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`) : no;
}

function isDay(year: number, month: number, day: number): boolean {
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  return month >= 1 && month <= 12 && day >= 1 && day <= (days[month - 1] ?? 0);
}

function timeAnswer(reply: Reply): Answered {
  const found = /^(\d{1,2})(?:[:.h](\d{2}))?\s*(am|pm)?$/i.exec(reply.text.trim());
  if (!found || (found[2] === undefined && found[3] === undefined)) return no;
  const half = found[3]?.toLowerCase();
  const hour = half === undefined ? Number(found[1]) : (Number(found[1]) % 12) + (half === 'pm' ? 12 : 0);
  const minute = Number(found[2] ?? 0);
  const isTime = hour <= 23 && minute <= 59 && (half === undefined || (Number(found[1]) >= 1 && Number(found[1]) <= 12));
  return isTime ? yes(`${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`) : no;
}

function choiceAnswer(reply: Reply, question: Question): Answered {
  const chosen = choiceOf(reply, question.choices);
  return chosen ? yes(chosen.value, chosen.id) : no;
}

function multiAnswer(reply: Reply, question: Question): Answered {
  const given = reply.values?.choices;
  const said = Array.isArray(given) ? given.map(textOf) : reply.text.split(/[,;\n]/).filter((one) => one.trim() !== '');
  // What a press carried, of the whole reply or of each one ticked, or else the words.
  const chosen = said.map((one) => choiceOf({ text: one, payload: reply.payload ?? one }, question.choices));
  if (chosen.length === 0 || chosen.includes(null)) return no;
  const values = chosen.filter((one) => one !== null).map((one) => one.value);
  return yes(values.filter((one, at) => values.indexOf(one) === at));
}

function fileAnswer(reply: Reply, question: Question): Answered {
  const file = reply.files?.[0];
  if (file === undefined || file.size > (question.maxBytes ?? Number.POSITIVE_INFINITY)) return no;
  return question.accept === undefined || question.accept.some((kind) => isAccepted(file, kind)) ? yes(file as unknown as Value) : no;
}

function isAccepted(file: FileRef, kind: string): boolean {
  const wanted = kind.trim().toLowerCase();
  if (wanted.startsWith('.')) return file.name.toLowerCase().endsWith(wanted);
  return wanted.endsWith('/*') ? file.type.toLowerCase().startsWith(wanted.slice(0, -1)) : file.type.toLowerCase() === wanted;
}

function locationAnswer(reply: Reply): Answered {
  if (reply.location) return yes({ ...reply.location } as Value);
  const found = /^(-?\d{1,2}(?:\.\d+)?)\s*,\s*(-?\d{1,3}(?:\.\d+)?)$/.exec(reply.text.trim());
  const [lat, lng] = [Number(found?.[1]), Number(found?.[2])];
  return found && Math.abs(lat) <= 90 && Math.abs(lng) <= 180 ? yes({ lat, lng }) : no;
}

function ratingAnswer(reply: Reply, question: Question): Answered {
  const stars = [...reply.text.trim()].filter((sign) => sign === '⭐' || sign === '★').length;
  const number = stars > 0 ? stars : numberOf(reply.text.trim());
  const highest = question.check?.max ?? 5;
  return number !== null && Number.isInteger(number) && number >= (question.check?.min ?? 1) && number <= highest ? yes(number) : no;
}

function confirmAnswer(reply: Reply, question: Question): Answered {
  const chosen = choiceOf(reply, question.choices);
  if (chosen) return yes(chosen.value, chosen.id);
  const said = fold(reply.text);
  const id = words.yes.includes(said) ? 'yes' : words.no.includes(said) ? 'no' : null;
  if (id === null) return no;
  const meant = question.choices.find((one) => one.id === id);
  return yes(meant ? meant.value : id === 'yes', id);
}

function contactAnswer(reply: Reply, question: Question): Answered {
  if (reply.values && Object.keys(reply.values).length > 0) return yes(reply.values);
  const email = emailAnswer(reply);
  if (email.ok) return yes({ email: email.value });
  const phone = phoneAnswer(reply, question);
  return phone.ok ? yes({ phone: phone.value }) : no;
}

const readers: { [kind in AskKind]: (reply: Reply, question: Question) => Answered } = {
  text: textAnswer,
  number: numberAnswer,
  email: emailAnswer,
  phone: phoneAnswer,
  url: urlAnswer,
  date: dateAnswer,
  time: timeAnswer,
  choice: choiceAnswer,
  multi: multiAnswer,
  file: fileAnswer,
  location: locationAnswer,
  rating: ratingAnswer,
  confirm: confirmAnswer,
  contact: contactAnswer,
};
