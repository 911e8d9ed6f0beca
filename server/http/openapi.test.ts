import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { doors } from '../doors.ts';
import { type TestApp, testApp } from '../testing/test-app.ts';
import { makeSchemas } from './openapi/schemas.ts';
import { documentOf, documentText } from './openapi.ts';
import type { Door } from './route.ts';

// biome-ignore lint/suspicious/noExplicitAny: a document is looked at the way its readers do, key by key
type Any = any;

const committed = (name: string) => readFileSync(join(import.meta.dirname, '../../docs/openapi', `${name}.json`), 'utf8');
const keywords = new Set(
  `$ref type properties required items enum const anyOf oneOf allOf not format pattern minLength maxLength minimum maximum exclusiveMinimum exclusiveMaximum
  multipleOf minItems maxItems uniqueItems prefixItems additionalProperties propertyNames patternProperties description title default examples deprecated
  readOnly writeOnly contentEncoding contentMediaType`.split(/\s+/),
);
const types = new Set(['string', 'number', 'integer', 'boolean', 'object', 'array', 'null']);

describe.each(doors.map((door) => [door.name, door] as const))('the %s document', (name, door) => {
  const document = documentOf(door) as Any;
  const operations = Object.entries(document.paths as Record<string, Any>).flatMap(([path, item]) =>
    Object.entries(item as Record<string, Any>).map(([method, operation]) => ({ path, method, operation, label: `${method.toUpperCase()} ${path}` })),
  );

  test('is committed as the routes say', () => {
    const isFresh = committed(name) === documentText(door);
    expect(isFresh, `docs/openapi/${name}.json is not what the routes say: run \`node scripts/openapi.mjs\`, look at the diff and commit it`).toBe(true);
  });

  test('says every operation of the door once, with an id, a tag, a summary, a description and its security', () => {
    expect(operations).toHaveLength(door.routes.length);
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size, `operation ids are unique: ${ids}`).toBe(ids.length);
    const tags = new Set(document.tags.map((tag: Any) => tag.name));
    for (const { operation, label } of operations) {
      expect(operation.operationId, label).toMatch(/^[a-z][A-Za-z0-9]+$/);
      expect(operation.summary, label).toMatch(/\S/);
      expect(operation.description, label).toMatch(/\S/);
      for (const tag of operation.tags) expect(tags, label).toContain(tag);
      for (const scheme of operation.security.flatMap(Object.keys)) expect(Object.keys(document.components.securitySchemes), label).toContain(scheme);
    }
  });

  test('resolves every reference, and uses every component', () => {
    const text = JSON.stringify(document);
    const used = new Set([...text.matchAll(/"\$ref":"([^"]+)"/g)].map((match) => match[1] as string));
    for (const ref of used) {
      const target = ref
        .replace(/^#\//, '')
        .split('/')
        .reduce((at: Any, key) => at?.[key], document);
      expect(target, ref).toBeTypeOf('object');
    }
    for (const kind of ['schemas', 'responses', 'parameters', 'headers']) {
      for (const key of Object.keys(document.components[kind] ?? {})) {
        expect(key, kind).toMatch(/^[\w.-]+$/);
        expect(used, 'every component is used').toContain(`#/components/${kind}/${key}`);
      }
    }
  });

  test('declares every path parameter and no other, and names each parameter once', () => {
    for (const { path, operation, label } of operations) {
      const parameters = (operation.parameters ?? []).map((one: Any) => (one.$ref ? document.components.parameters[one.$ref.split('/').at(-1)] : one));
      const inPath = parameters.filter((one: Any) => one.in === 'path');
      expect(inPath.map((one: Any) => one.name).sort(), label).toEqual([...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort());
      for (const one of inPath) expect(one.required, label).toBe(true);
      const names = parameters.map((one: Any) => `${one.in} ${one.name}`);
      expect(new Set(names).size, `${label}: ${names}`).toBe(names.length);
      for (const one of parameters) expect(one.schema, `${label} ${one.name}`).toBeTypeOf('object');
      for (const one of parameters.filter((each: Any) => ['limit', 'page', 'per_page'].includes(each.name)))
        expect(one.schema, `${label} ${one.name}`).toMatchObject({ type: 'integer', minimum: 1 });
    }
  });

  test('has only schemas that JSON Schema knows, with required lists that hold', () => {
    const check = (schema: Any, where: string): void => {
      if (typeof schema === 'boolean') return;
      for (const key of Object.keys(schema)) expect(keywords, `${where}: an unknown keyword`).toContain(key);
      for (const type of [schema.type ?? []].flat()) expect(types, where).toContain(type);
      const required: string[] = schema.required ?? [];
      expect(new Set(required).size, where).toBe(required.length);
      for (const key of required) expect(Object.keys(schema.properties ?? {}), `${where} requires ${key}`).toContain(key);
      for (const [key, one] of Object.entries(schema.properties ?? {})) check(one, `${where}.${key}`);
      for (const key of ['items', 'additionalProperties', 'not', 'propertyNames']) if (schema[key] !== undefined) check(schema[key], `${where}/${key}`);
      for (const key of ['anyOf', 'oneOf', 'allOf', 'prefixItems'])
        schema[key]?.forEach((one: Any, index: number) => {
          check(one, `${where}/${key}/${index}`);
        });
    };
    for (const [id, schema] of Object.entries(document.components.schemas)) check(schema, id);
    for (const { operation, label } of operations) {
      for (const one of operation.parameters ?? []) if (one.schema) check(one.schema, `${label} ${one.name}`);
      for (const one of Object.values(operation.requestBody?.content ?? {})) check((one as Any).schema, `${label} body`);
      for (const reply of Object.values(operation.responses as Record<string, Any>))
        for (const one of Object.values(reply.content ?? {})) check((one as Any).schema, `${label} reply`);
    }
  });

  test('shows with every body an example that the route itself accepts', () => {
    for (const route of door.routes.flatMap((one) => [one, one.newer ?? []].flat()).filter((one) => one.body)) {
      const found = route.body.safeParse(route.docs.example);
      expect(found.success, `${route.method} ${route.path}: docs.example ${found.success ? '' : JSON.stringify(found.error.issues)}`).toBe(true);
    }
  });

  test('answers every call with one success and the refusals that any call can get, in the envelope of the door', () => {
    for (const { operation, label } of operations) {
      const statuses = Object.keys(operation.responses);
      expect(
        // A part of a file is no other success than the whole of it.
        statuses.filter((one) => (one.startsWith('2') && one !== '206') || one === '101'),
        label,
      ).toHaveLength(1);
      for (const status of ['401', '429', '500']) expect(statuses, label).toContain(status);
      if (operation.security.length > 0) expect(statuses, label).toContain('403');
      if (operation.requestBody) expect(statuses, label).toEqual(expect.arrayContaining(['400', '422']));
    }
    for (const reply of Object.values(document.components.responses as Record<string, Any>)) {
      expect(reply.description).toMatch(/\S/);
      const [content] = Object.values(reply.content) as Any[];
      const examples = content.examples ? Object.values(content.examples).map((one: Any) => one.value) : [content.example];
      for (const example of examples) expect(door.errorSchema.safeParse(example).error?.issues).toBeUndefined();
    }
    expect(document.components.responses.rate_limited.headers).toHaveProperty('Retry-After');
  });
});

test('one schema that differs going in and coming out is two components, and what holds it follows', () => {
  const inner = z.object({ n: z.int().default(3) }).meta({ id: 'Inner' });
  const outer = z.object({ inner }).meta({ id: 'Outer' });
  const plain = z.object({ name: z.string() }).meta({ id: 'Plain' });
  const schemas = makeSchemas();
  const used = schemas.finish({ a: schemas.input(outer), b: schemas.output(outer), c: schemas.input(plain), d: schemas.output(plain) }) as Any;
  expect(used).toMatchObject({ a: { $ref: '#/components/schemas/OuterInput' }, b: { $ref: '#/components/schemas/Outer' } });
  expect(used.c).toEqual(used.d);
  expect(schemas.components()).toMatchObject({
    Inner: { required: ['n'] },
    InnerInput: { type: 'object' },
    OuterInput: { properties: { inner: { $ref: '#/components/schemas/InnerInput' } } },
  });
  expect(Object.keys(schemas.components())).toEqual(['Inner', 'InnerInput', 'Outer', 'OuterInput', 'Plain']);
});

test('two schemas that share an id are refused', () => {
  const schemas = makeSchemas();
  schemas.output(z.object({ a: z.string() }).meta({ id: 'Same' }));
  expect(() => schemas.output(z.object({ b: z.string() }).meta({ id: 'Same' }))).toThrow('two different schemas have the id Same');
});

test('a query is documented as it is understood: lenient numbers are whole numbers with their bounds', () => {
  const lenient = z.union([z.number(), z.string()]).transform(Number).pipe(z.int().min(1).max(100));
  const query = z.preprocess(
    (value) => value,
    z.object({ limit: lenient.optional().describe('Rows.'), id: z.coerce.number().pipe(z.int()), on: z.stringbool().default(true) }),
  );
  expect(makeSchemas().fieldsOf(query)).toEqual([
    { name: 'limit', required: false, schema: { type: 'integer', minimum: 1, maximum: 100, description: 'Rows.' } },
    { name: 'id', required: true, schema: { type: 'integer' } },
    { name: 'on', required: false, schema: { type: 'boolean', default: true } },
  ]);
});

describe('served', () => {
  let t: TestApp;
  beforeAll(async () => {
    t = await testApp();
  });
  afterAll(() => t.close());

  test.each([
    ['/api/openapi.json', 'platform'],
    ['/openapi.json', 'native'],
    ['/v1/openapi.json', 'native'],
  ])('%s is that document, compressed and revalidated', async (path, name) => {
    const got = await t.server.inject({ path });
    expect(got.statusCode).toBe(200);
    expect(got.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(got.body === documentText(doors.find((door) => door.name === name) as Door)).toBe(true);
    const packed = await t.server.inject({ path, headers: { 'accept-encoding': 'gzip, br' } });
    expect(packed.headers).toMatchObject({ 'content-encoding': 'br', 'cache-control': 'no-cache', vary: 'Accept-Encoding' });
    const again = await t.server.inject({ path, headers: { 'if-none-match': String(got.headers.etag) } });
    expect([again.statusCode, again.body]).toEqual([304, '']);
    expect((await t.server.inject({ method: 'HEAD', path })).headers['content-length']).toBe(String(Buffer.byteLength(got.body)));
  });
});
