// Who may call an operation: as security requirements for programs, as a sentence for people.
import { type Access, policies } from '../../auth.ts';
import type { Door } from '../route.ts';

export function accessSentence(door: Door, access: Access): string {
  const policy: (typeof policies)[Access] & { or?: string } = policies[access];
  if (access === 'anyone') return 'Needs no credential.';
  if (access === 'site') return 'Needs the public key of a site.';
  if (access === 'operator') return 'Only for the command line on the server itself.';
  const isForEveryRole = policy.roles.length === policies.signed_in.roles.length;
  const roles = sessionScheme(door) === null || isForEveryRole ? '' : ` A person needs the role ${either(policy.roles)}.`;
  if (policy.scope === 'never') return `Only for a person signed in to the console, not for keys.${roles}`;
  return `${policy.scope === null ? 'Any valid key will do; no scope is needed.' : `Scope: **${policy.scope}**${policy.or ? ` or **${policy.or}**` : ''}.`}${roles}`;
}

function either(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

type Scheme = { type: string; in?: string; name?: string };

function schemesOf(door: Door): [string, Scheme][] {
  return Object.entries(door.document.securitySchemes) as [string, Scheme][];
}

function isCredential(scheme: Scheme): boolean {
  return scheme.type === 'http' || scheme.name?.toLowerCase() === 'x-api-key' || scheme.in === 'query';
}

function sessionScheme(door: Door): string | null {
  return schemesOf(door).find(([, scheme]) => scheme.in === 'cookie')?.[0] ?? null;
}

/** Alternatives: a key or a person, alone or with the headers that say which bot a workspace-wide caller acts on. */
export function securityOf(door: Door, access: Access): Record<string, string[]>[] {
  if (access === 'anyone') return [];
  const policy = policies[access];
  const session = sessionScheme(door);
  const takesKeys = policy.scope !== 'never' || access === 'operator' || session === null;
  const credentials = schemesOf(door)
    .filter(([name, scheme]) => (isCredential(scheme) ? takesKeys : name === session && access !== 'operator'))
    .map(([name]) => name);
  const hints = schemesOf(door)
    .map(([name, scheme]) => (isCredential(scheme) || name === session ? '' : name))
    .filter((name) => name !== '');
  const isAboutPlace = hints.length > 0 && (policy.on === 'workspace' || policy.on === 'bot');
  const alternatives = [...credentials.map((name) => [name]), ...(isAboutPlace ? credentials.map((name) => [name, ...hints]) : [])];
  return alternatives.map((names) => Object.fromEntries(names.map((name) => [name, []])));
}
