// The kinds of facts the audit log holds (server/events.ts), and one of them in words.
import type { TFunction } from 'i18next';
import type { Fact } from '../../api/replies.ts';

export const factKinds = [
  'setup.completed',
  'account.signed_in',
  'account.signed_out',
  'account.sign_ins_ended',
  'account.sign_in_failed',
  'account.updated',
  'account.password_changed',
  'workspace.created',
  'workspace.updated',
  'workspace.deleted',
  'bot.created',
  'bot.updated',
  'bot.deleted',
  'member.invited',
  'member.invite_revoked',
  'member.joined',
  'member.role_changed',
  'member.removed',
  'key.created',
  'key.updated',
  'key.revoked',
  'site.created',
  'site.updated',
  'site.key_rotated',
  'site.deleted',
  'settings.updated',
  'brand.updated',
  'job.replayed',
  'job.dropped',
] as const;

/** A server that is newer than this page may say what we have no words for: its own name is better than nothing. */
export function wordsOfKind(kind: string, t: TFunction): string {
  const known = factKinds.find((one) => one === kind);
  return known ? t(`fact.${known}`) : kind;
}

/** What happened, and to what by its name. */
export function sentenceOfFact({ kind, data }: Fact, t: TFunction): string {
  const about = typeof data.name === 'string' ? data.name : data.email;
  return typeof about === 'string' ? `${wordsOfKind(kind, t)} · ${about}` : wordsOfKind(kind, t);
}
