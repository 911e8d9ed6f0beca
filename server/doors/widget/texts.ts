// What the widget's calls say of the texts they are sent: one sentence for each thing that can be wrong with one.
import { canonicalFieldValue } from '@parley/engine/field.ts';
import type { Caller } from '../../auth.ts';
import { settingsOf } from '../../commands/site-settings.ts';
import { AppError, assert, invalidField } from '../../errors.ts';
import type { Conversation } from '../../store/conversations.ts';
import type { Site } from '../../store/sites.ts';

export const maxMessage = 10_000;
const maxName = 255;

/** Of the HTML standard, for an input of type email. */
const emailPattern = /^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$/;
const tokenPattern = /^[A-Za-z0-9._~-]{1,255}$/;

export function siteOf(caller: Caller): Site {
  assert(caller.kind === 'site', 'this door lets only visitors in');
  return caller.site;
}

export function conversationOf(caller: Caller): Conversation {
  assert(caller.kind === 'site' && caller.conversation, 'a path that names a conversation is looked up before');
  return caller.conversation;
}

/** Characters as people count them: code points, as they were received. */
function isLonger(value: string, max: number): boolean {
  return value.length > max && [...value].length > max;
}

export function checkMessage(value: string): void {
  if (isLonger(value, maxMessage)) throw invalidField('message', 'Message is too long (maximum 10000 characters)');
}

export function checkName(value: string): void {
  if (isLonger(value, maxName)) throw invalidField('name', `Name is too long (maximum ${maxName} characters)`);
}

export function emailOf(value: string): string {
  if (!emailPattern.test(value) || Buffer.byteLength(value) > 254) throw invalidField('email', 'Invalid email address');
  const at = value.lastIndexOf('@');
  return `${value.slice(0, at)}${value.slice(at).toLowerCase()}`;
}

export function checkToken(site: Site, token: string): void {
  if (!tokenPattern.test(token)) throw invalidField('visitor_token', 'Visitor token must be 1 to 255 URL-safe characters');
  const { min_token: least } = settingsOf(site);
  if (token.length < least) throw invalidField('visitor_token', `Visitor token is too short (minimum ${least} characters)`);
}

/** RFC 3339, in whole seconds: where a client did not encode the `+` of an offset, a space stands for it. */
export function sinceOf(value: string): number {
  const written = value.replace(/ (?=\d\d:\d\d$)/, '+');
  const isMoment = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$/.test(written);
  const read = isMoment ? canonicalFieldValue('datetime', written.toUpperCase()) : null;
  if (!read?.ok) throw new AppError('invalid_request', 'Invalid since parameter');
  return Math.floor(Date.parse(read.text) / 1000);
}
