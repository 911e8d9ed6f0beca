// Zod schemas as JSON Schema for one document. What has an id (`.meta({ id })`) becomes a component once. A schema is
// not always the same going in as coming out (defaults, lenient input): where the two differ under one id, the form
// that goes in is called `<id>Input`.
import { z } from 'zod';
import { assert } from '../../errors.ts';

export type Json = Record<string, unknown>;
export type Field = { name: string; required: boolean; schema: Json };
export type Schemas = ReturnType<typeof makeSchemas>;

type Way = 'input' | 'output';

export function makeSchemas() {
  const found: Record<Way, Map<string, Json>> = { input: new Map(), output: new Map() };

  const convert = (schema: z.ZodType, io: Way): Json => {
    const { $schema: _, $defs = {}, ...json } = relabel(z.toJSONSchema(schema, { io, unrepresentable: 'any', override: tidy }) as Json, io);
    for (const [id, one] of Object.entries($defs as Record<string, Json>)) keep(found[io], id, one);
    return json;
  };

  const forked = (): Set<string> => {
    const ids = new Set<string>();
    const differs = (id: string, input: Json): boolean => {
      const output = found.output.get(id);
      return output !== undefined && (plain(input) !== plain(output) || [...ids].some((other) => JSON.stringify(input).includes(`"#/input/${other}"`)));
    };
    let size = -1;
    while (size !== ids.size) {
      size = ids.size;
      for (const [id, input] of found.input) if (differs(id, input)) ids.add(id);
    }
    return ids;
  };

  const resolve = (json: Json): Json => {
    const ids = forked();
    const at = (way: string, id: string) => `#/components/schemas/${way === 'input' && ids.has(id) ? `${id}Input` : id}`;
    return JSON.parse(JSON.stringify(json).replace(/"#\/(input|output)\/([^"]+)"/g, (_, way: string, id: string) => JSON.stringify(at(way, id))));
  };

  return {
    input: (schema: z.ZodType): Json => convert(schema, 'input'),
    output: (schema: z.ZodType): Json => convert(schema, 'output'),

    /** The fields of a query or of path parameters: required as sent, typed as understood (a number, not its text). */
    fieldsOf(schema: z.ZodType): Field[] {
      const sent = convert(schema, 'input');
      const understood = (convert(schema, 'output').properties ?? {}) as Record<string, Json>;
      const required = new Set((sent.required as string[] | undefined) ?? []);
      return Object.entries((sent.properties ?? {}) as Record<string, Json>).map(([name, asSent]) => {
        const asUnderstood = understood[name] ?? {};
        const says = ['type', 'anyOf', 'enum', 'const', '$ref'].some((keyword) => keyword in asUnderstood);
        return { name, required: required.has(name), schema: says ? asUnderstood : asSent };
      });
    },

    /** The same JSON with every reference pointing at its component; to be called when all schemas are in. */
    finish: resolve,

    components(): Record<string, Json> {
      const ids = forked();
      const all = new Map([...found.input].map(([id, json]) => [ids.has(id) ? `${id}Input` : id, json]));
      for (const [id, json] of found.output) all.set(id, json);
      return Object.fromEntries([...all].sort(([a], [b]) => (a < b ? -1 : 1)).map(([id, json]) => [id, resolve(json)]));
    },
  };
}

function keep(into: Map<string, Json>, id: string, json: Json): void {
  const known = into.get(id);
  assert(!known || plain(known) === plain(json), `two different schemas have the id ${id}: give one of them another`);
  assert(!id.startsWith('__'), 'a schema that contains itself needs a name: add .meta({ id })');
  into.set(id, json);
}

/** References name the way they were met, until it is known whether the two ways are one. */
function relabel(json: Json, io: Way): Json {
  return JSON.parse(JSON.stringify(json).replaceAll('"#/$defs/', `"#/${io}/`));
}

function plain(json: Json): string {
  return JSON.stringify(json).replaceAll('"#/input/', '"#/output/');
}

function tidy({ jsonSchema, zodSchema }: { jsonSchema: Json; zodSchema: z.core.$ZodTypes }): void {
  // A whole number is bounded by what a double can hold; saying so at every id helps nobody.
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  // Replies may gain keys; a generated client must not refuse them.
  if (zodSchema._zod.def.type === 'object' && !zodSchema._zod.def.catchall) delete jsonSchema.additionalProperties;
}
