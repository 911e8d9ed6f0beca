// Zod's findings as field errors in plain sentences, the same at every door; each door words its own envelope.
import type { z } from 'zod';
import { AppError, type FieldError } from '../../errors.ts';

type Issue = z.core.$ZodIssue;
type Path = (string | number)[];

const maxFields = 50;

/** Throws 422 with every problem; `where` names the part of the request in the error's path. */
export function validate<T>(schema: z.ZodType<T>, value: unknown, where: 'body' | 'query'): T {
  const found = schema.safeParse(value);
  if (found.success) return found.data;
  const fields = found.error.issues.slice(0, maxFields).map((issue) => fieldError(issue, value, where));
  throw new AppError('invalid_request', fields[0]?.message ?? 'The request is not valid.', { fields });
}

function fieldError(issue: Issue, root: unknown, where: 'body' | 'query'): FieldError {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  const input = valueAt(root, path);
  const name = `The ${path.length === 0 ? where : labelOf(path)} field`;
  const isRepeated = where === 'query' && Array.isArray(input);
  return {
    kind: input === undefined && issue.code === 'invalid_type' ? 'required' : issue.code,
    path,
    message: isRepeated ? `${name} is given more than once.` : sentence(issue, name, input),
    input: mayEcho(path, input) ? input : undefined,
  };
}

function labelOf(path: Path): string {
  const words = path.filter((part) => typeof part === 'string').join(' ');
  return words.replaceAll('_', ' ').slice(0, 100) || 'body';
}

function sentence(issue: Issue, name: string, input: unknown): string {
  if (issue.code === 'custom') return issue.message;
  if (issue.code === 'unrecognized_keys') return `Unknown field: ${issue.keys.slice(0, 10).join(', ').slice(0, 200)}.`;
  return `${name} ${predicate(issue, input)}.`;
}

function predicate(issue: Issue, input: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      return input === undefined ? 'is required' : `must be ${article(issue.expected)}`;
    case 'invalid_value':
      return input === undefined ? 'is required' : `must be one of: ${issue.values.slice(0, 30).map(String).join(', ')}`;
    case 'invalid_union':
      return input === undefined ? 'is required' : unionPredicate(issue.errors, input);
    case 'too_small':
      return issue.minimum === 1 && isCounted(issue.origin) ? 'is required' : `must ${amount(issue.origin, 'least', issue.minimum)}`;
    case 'too_big':
      return `must ${amount(issue.origin, 'most', issue.maximum)}`;
    case 'invalid_format':
      return issue.format in formats ? `must be a valid ${formats[issue.format]}` : 'is not valid';
    default:
      return 'is not valid';
  }
}

const formats: Record<string, string> = { email: 'email', url: 'url', uuid: 'uuid', datetime: 'datetime', date: 'date', ipv4: 'address', ipv6: 'address' };

/** The alternative that the value came closest to: one that took its type and minded something else. */
function unionPredicate(alternatives: Issue[][], input: unknown): string {
  const closest = alternatives.find(
    (issues) => issues.length === 1 && issues[0]?.path.length === 0 && !['invalid_type', 'custom'].includes(issues[0].code),
  )?.[0];
  return closest ? predicate(closest, input) : 'is not valid';
}

function isCounted(origin: string): boolean {
  return origin === 'string' || origin === 'array';
}

function amount(origin: string, bound: 'least' | 'most', value: number | bigint): string {
  return isCounted(origin) ? `have at ${bound} ${value} ${origin === 'string' ? 'characters' : 'items'}` : `be at ${bound} ${value}`;
}

function article(expected: string): string {
  if (expected === 'int') return 'a whole number';
  if (expected === 'record') return 'an object';
  return /^[aeiou]/.test(expected) ? `an ${expected}` : `a ${expected}`;
}

function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const part of path) {
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}

// An error never echoes more than the caller can recognise, and no secret.
function mayEcho(path: Path, input: unknown): boolean {
  if (path.some((part) => /password|secret|token|key/i.test(String(part)))) return false;
  return input === null || typeof input === 'number' || typeof input === 'boolean' || (typeof input === 'string' && input.length <= 100);
}
