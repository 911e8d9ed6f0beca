// One route as one operation: what it is called, who may call it, what goes in and what comes out.
import { policies } from '../../auth.ts';
import type { Door, Limit, Route, UploadSpec } from '../route.ts';
import { errorsOf, successOf } from './responses.ts';
import type { Json, Schemas } from './schemas.ts';
import { accessSentence, securityOf } from './security.ts';

export const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header',
  description: 'Any text of your own, 1 to 255 characters. A retry with the same key has one effect and gets the first reply.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
};

export function operationOf(door: Door, route: Route, schemas: Schemas, responses: Json): Json {
  const parameters = parametersOf(route, schemas);
  const scope = policies[route.access].scope;
  return {
    operationId: route.docs.id,
    tags: [route.docs.tag],
    summary: route.docs.summary,
    description: descriptionOf(door, route),
    ...(scope !== null && scope !== 'never' ? { 'x-scope': scope } : {}),
    security: securityOf(door, route.access),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(route.body ? { requestBody: bodyOf(route, schemas) } : {}),
    ...(route.upload ? { requestBody: formOf(route.upload) } : {}),
    responses: { ...successOf(door, route, schemas), ...errorsOf(door, route, schemas, responses) },
  };
}

type Content = { content?: { 'application/json'?: Json } };
type Operation = { description: string; parameters?: Json[]; requestBody?: Content & Json; responses: Record<string, Content & Json> };

/** One operation of two: what the newer form says besides is said besides, and where both speak, either may come. */
export function inBothForms(older: Json, newer: Json): Json {
  const [one, other] = [older, newer] as [Operation, Operation];
  const known = new Set((one.parameters ?? []).map(({ name, $ref }) => name ?? $ref));
  const parameters = [...(one.parameters ?? []), ...(other.parameters ?? []).filter(({ name, $ref }) => !known.has(name ?? $ref))];
  const responses = Object.fromEntries(
    Object.entries({ ...other.responses, ...one.responses }).map(([status, mine]) => [status, either(mine, other.responses[status])]),
  );
  return {
    ...older,
    description: `${one.description}\n\nWith \`?v=2\`: ${other.description}`,
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(one.requestBody ? { requestBody: either(one.requestBody, other.requestBody) } : {}),
    responses,
  };
}

function either(one: Content & Json, other: Content | undefined): Json {
  const [mine, theirs] = [one.content?.['application/json'], other?.content?.['application/json']];
  if (!mine || !theirs) return one;
  return { ...one, content: { 'application/json': { ...mine, schema: { anyOf: [mine.schema, theirs.schema] } } } };
}

function descriptionOf(door: Door, route: Route): string {
  const { docs } = route;
  const told = docs.description ?? `${docs.summary.replace(/\.$/, '')}.`;
  const limits = (route.limits ?? []).map(limitSentence);
  const override = route.method === 'DELETE' && route.body && door.allowsMethodOverride;
  return [
    told,
    accessSentence(door, route.access),
    ...limits,
    route.secret ? 'The reply carries a secret that is shown only this once.' : '',
    override ? 'A client that cannot send a body with DELETE may POST it with `X-HTTP-Method-Override: DELETE`.' : '',
  ]
    .filter((one) => one !== '')
    .join('\n\n');
}

function limitSentence(limit: Limit): string {
  const seconds = limit.windowMs / 1000;
  const window = seconds === 60 ? 'a minute' : seconds === 3600 ? 'an hour' : `in ${seconds} seconds`;
  const shared = limit.sharedMax === undefined ? '' : ` (${limit.sharedMax} at a site for shared networks)`;
  return `At most ${limit.max} requests ${window}${shared} per ${limit.per}.`;
}

function parametersOf(route: Route, schemas: Schemas): Json[] {
  const named = [...route.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] as string);
  const paths = route.params ? schemas.fieldsOf(route.params) : [];
  const inPath = named.map((name) => {
    const field = paths.find((one) => one.name === name);
    return { name, in: 'path', required: true, ...described(field?.schema ?? { type: 'string' }) };
  });
  const inQuery = (route.query ? schemas.fieldsOf(route.query) : []).map((field) => ({
    name: field.name,
    in: 'query',
    ...(field.required ? { required: true } : {}),
    ...described(field.schema),
  }));
  const inHeader = route.method === 'GET' ? [] : [{ $ref: '#/components/parameters/IdempotencyKey' }];
  return [...inPath, ...inQuery, ...inHeader];
}

function described(schema: Json): Json {
  const { description, ...rest } = schema;
  return description === undefined ? { schema } : { description, schema: rest };
}

function bodyOf(route: Route, schemas: Schemas): Json {
  const content = { schema: schemas.input(route.body), ...(route.docs.example === undefined ? {} : { example: route.docs.example }) };
  // A body of which nothing is required may be left out.
  return { required: !route.body.safeParse({}).success, content: { 'application/json': content } };
}

function formOf({ field, maxBytes }: UploadSpec): Json {
  const file = { type: 'string', format: 'binary', description: `One file of at most ${maxBytes / (1024 * 1024)} MB.` };
  return { required: true, content: { 'multipart/form-data': { schema: { type: 'object', properties: { [field]: file }, required: [field] } } } };
}
