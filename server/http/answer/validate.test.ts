import { expect, test } from 'vitest';
import { z } from 'zod';
import { AppError, type FieldError } from '../../errors.ts';
import { validate } from './validate.ts';

function problems(schema: z.ZodType, value: unknown, where: 'body' | 'query' = 'body'): FieldError[] {
  try {
    validate(schema, value, where);
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    expect((error as AppError).status).toBe(422);
    return (error as AppError).fields;
  }
  return [];
}

// Tens of milliseconds on an idle machine; a second is where something grows faster than what was sent.
const maxMs = 1_000;

test.each<[string, z.ZodType, unknown, string]>([
  ['an absent text', z.object({ user_ns: z.string() }), {}, 'The user ns field is required.'],
  ['an empty text', z.object({ name: z.string().min(1) }), { name: '' }, 'The name field is required.'],
  ['an empty list', z.object({ data: z.array(z.string()).min(1) }), { data: [] }, 'The data field is required.'],
  ['an absent choice', z.object({ role: z.enum(['a', 'b']) }), {}, 'The role field is required.'],
  ['an absent alternative', z.object({ id: z.union([z.string(), z.number()]) }), {}, 'The id field is required.'],
  ['another type', z.object({ name: z.string() }), { name: 1 }, 'The name field must be a string.'],
  ['null', z.object({ name: z.string() }), { name: null }, 'The name field must be a string.'],
  ['a fraction', z.object({ n: z.int() }), { n: 1.5 }, 'The n field must be a whole number.'],
  ['a list for an object', z.object({ o: z.object({}) }), { o: [] }, 'The o field must be an object.'],
  ['a text too short', z.object({ p: z.string().min(8) }), { p: 'x' }, 'The p field must have at least 8 characters.'],
  ['a text too long', z.object({ p: z.string().max(2) }), { p: 'xxx' }, 'The p field must have at most 2 characters.'],
  ['a list too long', z.object({ p: z.array(z.int()).max(1) }), { p: [1, 2] }, 'The p field must have at most 1 items.'],
  ['a number too small', z.object({ limit: z.int().min(1) }), { limit: 0 }, 'The limit field must be at least 1.'],
  ['a number too large', z.object({ limit: z.int().max(100) }), { limit: 101 }, 'The limit field must be at most 100.'],
  ['no e-mail', z.object({ email: z.email() }), { email: 'x' }, 'The email field must be a valid email.'],
  ['another pattern', z.object({ code: z.string().regex(/^x$/) }), { code: 'y' }, 'The code field is not valid.'],
  ['no such choice', z.object({ role: z.enum(['a', 'b']) }), { role: 'c' }, 'The role field must be one of: a, b.'],
  ['the closest alternative', z.object({ id: z.union([z.int(), z.string().max(3)]) }), { id: 'xxxx' }, 'The id field must have at most 3 characters.'],
  ['no alternative', z.object({ id: z.union([z.int(), z.string()]) }), { id: {} }, 'The id field is not valid.'],
  ['a place in a list', z.object({ data: z.array(z.object({ var_ns: z.string() })) }), { data: [{ var_ns: 'x' }, {}] }, 'The data var ns field is required.'],
  ['an unknown key', z.strictObject({}), { x: 1, y: 2 }, 'Unknown field: x, y.'],
  ['the whole body', z.object({}), [], 'The body field must be an object.'],
  ['what the route says itself', z.object({ zone: z.string().refine(() => false, 'The zone is none.') }), { zone: 'x' }, 'The zone is none.'],
])('%s is told in a sentence', (_name, schema, value, message) => {
  expect(problems(schema, value).map((field) => field.message)).toEqual([message]);
});

test('a parameter that is given twice is told so, whatever it should be', () => {
  const schema = z.object({ limit: z.preprocess(Number, z.int()).optional(), name: z.string().optional() });
  expect(problems(schema, { limit: ['1', '2'], name: ['a', 'b'] }, 'query').map(({ message }) => message)).toEqual([
    'The limit field is given more than once.',
    'The name field is given more than once.',
  ]);
});

test('errors say where, of what kind, and what was sent, but no secret and nothing long', () => {
  const schema = z.object({ data: z.array(z.object({ n: z.int() })), password: z.int(), api_key: z.int(), text: z.int() });
  const value = { data: [{ n: 'one' }], password: 'hunter2', api_key: 'pk_live_x', text: 'x'.repeat(101) };
  expect(problems(schema, value)).toEqual([
    { kind: 'invalid_type', path: ['data', 0, 'n'], message: 'The data n field must be a number.', input: 'one' },
    { kind: 'invalid_type', path: ['password'], message: 'The password field must be a number.', input: undefined },
    { kind: 'invalid_type', path: ['api_key'], message: 'The api key field must be a number.', input: undefined },
    { kind: 'invalid_type', path: ['text'], message: 'The text field must be a number.', input: undefined },
  ]);
});

test('however much is wrong, the answer stays short and comes soon', () => {
  const begun = performance.now();
  const found = problems(z.object({ data: z.array(z.object({ n: z.int() })) }), { data: Array.from({ length: 10_000 }, () => ({ n: 'x' })) });
  expect(found).toHaveLength(50);
  expect(performance.now() - begun).toBeLessThan(maxMs);
  const keys = Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`${n}`.padStart(50, 'x'), 1]));
  expect(JSON.stringify(problems(z.strictObject({}), keys)).length).toBeLessThan(1000);
});

test('names that JavaScript gave every object are names like others', () => {
  const schema = z.object({ constructor: z.string(), toString: z.string() });
  expect(problems(schema, {}).map(({ kind }) => kind)).toEqual(['required', 'required']);
});
