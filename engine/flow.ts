// The document `flow/1`: its strict schema, its canonical form, and the index that makes walking it fast. Logic and
// layout are apart, ids are readable slugs, connections live in the blocks, and there is no secret in it.
import { z } from 'zod';
import { common, duration, json, slug, target, template } from './block.ts';
import { type Block, blocks, blockTypes, definitionOf } from './blocks.ts';
import { condition } from './condition.ts';
import { isShallow, type Value } from './expression/value.ts';

export const varTypes = ['text', 'number', 'bool', 'date', 'datetime', 'list', 'object', 'file'] as const;

/** Unknown keys are mistakes, except under `x_`, which belongs to whoever writes it. */
export function strict<S extends z.ZodRawShape>(shape: S) {
  const known = new Set(Object.keys(shape));
  return z.looseObject(shape).superRefine((value, context) => {
    const unknown = Object.keys(value).filter((key) => !known.has(key) && !key.startsWith('x_'));
    if (unknown.length > 0) context.addIssue({ code: 'unrecognized_keys', keys: unknown, input: value });
  }) as unknown as z.ZodObject<S>;
}

const variable = strict({ type: z.enum(varTypes), default: json.optional(), scope: z.enum(['turn', 'session']).optional(), keep: z.boolean().optional() });

export const triggerTypes = [
  'start',
  'keyword',
  'intent',
  'event',
  'webhook',
  'schedule',
  'date_field',
  'ref',
  'comment',
  'story',
  'inactivity',
  'field_changed',
  'tag',
  'conversation',
  'media',
  'fallback',
  'error',
] as const;

const trigger = strict({
  type: z.enum(triggerTypes),
  to: target,
  channels: z.array(z.string().max(40)).max(40).optional(),
  when: condition.optional(),
  priority: z.int().optional(),
  cooldown: duration.optional(),
  interrupts: z.enum(['never', 'when_waiting', 'always']).optional(),
  any: z.array(z.string().min(1).max(200)).max(200).optional(),
  match: z.enum(['exact', 'word', 'contains', 'prefix', 'regex', 'fuzzy']).optional(),
  distance: z.int().min(1).max(3).optional(),
  ci: z.boolean().optional(),
  cron: z.string().max(100).optional(),
  tz: z.string().max(60).optional(),
  event: z.string().max(100).optional(),
  hook: z.string().max(100).optional(),
  ref: z.string().max(200).optional(),
  field: z.string().max(100).optional(),
  offset: z.string().max(20).optional(),
  after: duration.optional(),
  tag: z.string().max(255).optional(),
  on: z.string().max(40).optional(),
});

const block: z.ZodType<Block> = z.lazy(() => {
  const shapes = blocks.map((one) => strict({ ...common, type: z.literal(one.type), ...one.settings }));
  return z.discriminatedUnion('type', shapes as unknown as [z.ZodObject<{ type: z.ZodLiteral<string> }>]) as unknown as z.ZodType<Block>;
});

const group = strict({ title: z.string().max(200).optional(), blocks: z.array(block).min(1).max(200), error: target.optional() });

export const flowSchema = strict({
  format: z.literal('flow/1'),
  id: slug,
  name: z.string().min(1).max(200),
  lang: z.string().max(35).optional(),
  requires: strict({
    apis: z.array(slug).max(200).optional(),
    flows: z.array(slug).max(200).optional(),
    groups: z.array(z.string().max(100)).max(200).optional(),
  }).optional(),
  params: z.record(slug, variable).optional(),
  returns: z.record(slug, variable).optional(),
  vars: z.record(slug, variable).optional(),
  triggers: z.record(slug, trigger).optional(),
  groups: z.record(slug, group).refine((all) => Object.keys(all).length > 0, 'a flow has at least one group'),
  texts: z.record(z.string().max(35), z.record(z.string().max(300), template)).optional(),
  agents: z.record(slug, json).optional(),
  tests: z
    .array(strict({ name: z.string().max(200), talk: z.array(z.string().max(5_000)).max(500) }))
    .max(200)
    .optional(),
  layout: z.record(slug, z.tuple([z.number(), z.number()])).optional(),
});

export type Flow = z.output<typeof flowSchema>;
export type Group = Flow['groups'][string];
export type Trigger = z.output<typeof trigger>;
export type TriggerType = (typeof triggerTypes)[number];

export const maxBlocks = 2_000;

export type Malformed = { path: string; message: string };

/** The document, or every place where it is not one. */
export function parseFlow(given: unknown): { ok: true; flow: Flow } | { ok: false; problems: Malformed[] } {
  if (!isShallow(given)) return { ok: false, problems: [{ path: '', message: 'This document is nested too deeply.' }] };
  const found = flowSchema.safeParse(given);
  if (!found.success) {
    return { ok: false, problems: found.error.issues.slice(0, 100).map((issue) => ({ path: issue.path.map(String).join('.'), message: sentence(issue) })) };
  }
  const count = Object.values(found.data.groups).reduce((sum, one) => sum + one.blocks.length, 0);
  if (count > maxBlocks) return { ok: false, problems: [{ path: 'groups', message: `A flow has at most ${maxBlocks} blocks; this one has ${count}.` }] };
  return { ok: true, flow: found.data };
}

function sentence(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') return `Unknown key: ${issue.keys.join(', ')}. Your own keys begin with x_.`;
  if (issue.code === 'invalid_union' && issue.path.at(-1) === 'type' && issue.path.at(-3) === 'blocks')
    return `Unknown block type. Known: ${blockTypes.join(', ')}.`;
  return `${issue.message}.`;
}

const topKeys = ['format', 'id', 'name', 'lang', 'requires', 'params', 'returns', 'vars', 'triggers', 'groups', 'agents', 'texts', 'tests'];
const blockKeys = ['id', 'type', 'note', 'when'];
const lastKeys = ['to', 'layout'];
const mapsById = new Set(['params', 'returns', 'vars', 'triggers', 'groups', 'agents', 'texts', 'layout']);

/** The one text of a document: fixed key order, two spaces, maps sorted by id, empty parts left out. */
export function canonical(flow: Flow): string {
  // Reading puts the keys of every part in the schema's order; a draft that is no flow yet keeps its own.
  const read = flowSchema.safeParse(flow);
  return `${JSON.stringify(ordered(read.success ? read.data : flow, []), null, 2)}\n`;
}

function ordered(value: unknown, path: string[]): unknown {
  if (Array.isArray(value)) return value.map((one) => ordered(one, [...path, '[]']));
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).filter(([key, one]) => one !== undefined && !isEmptyPart(key, one, path));
  const first = path.length === 0 ? topKeys : path.at(-1) === '[]' && path.at(-2) === 'blocks' ? blockKeys : [];
  const isMap = (path.length === 1 && mapsById.has(path[0] ?? '')) || (path.length === 2 && path[0] === 'texts');
  const rank = (key: string): number => (first.includes(key) ? first.indexOf(key) : first.length > 0 && lastKeys.includes(key) ? 10_000 : 1_000);
  const sorted = isMap ? entries.sort(([a], [b]) => (a < b ? -1 : 1)) : entries.sort(([a], [b]) => rank(a) - rank(b));
  return Object.fromEntries(sorted.map(([key, one]) => [key, ordered(one, [...path, key])]));
}

function isEmptyPart(key: string, value: unknown, path: string[]): boolean {
  const isObject = value !== null && typeof value === 'object' && !Array.isArray(value);
  const isOptionalMap = path.length === 0 ? key !== 'groups' && mapsById.has(key) : key === 'to';
  return (isObject && isOptionalMap && Object.keys(value as object).length === 0) || (key === 'note' && value === '');
}

export type Placed = { at: string; group: string; position: number; block: Block; next: string | null };

export type FlowIndex = {
  blocks: Map<string, Placed>;
  first: Map<string, string>;
  start: string | null;
  /** Variables that live for one turn, with what they are before anyone sets them. */
  passing: { name: string; value: Value | undefined }[];
  /** It waits for webhooks, so that the address of the next one can be told before. */
  hasWebhooks: boolean;
};

// A flow is never changed in place, so its index can be kept with it for as long as it lives.
const indexes = new WeakMap<Flow, FlowIndex>();

export function indexOf(flow: Flow): FlowIndex {
  const known = indexes.get(flow);
  if (known) return known;
  const index: FlowIndex = { blocks: new Map(), first: new Map(), start: null, passing: [], hasWebhooks: false };
  for (const [name, one] of Object.entries(flow.vars ?? {})) if (one.scope === 'turn') index.passing.push({ name, value: one.default });
  for (const [name, one] of Object.entries(flow.groups)) {
    for (const [position, placed] of one.blocks.entries()) {
      const at = `${name}.${placed.id}`;
      const following = one.blocks[position + 1];
      index.blocks.set(at, { at, group: name, position, block: placed, next: following ? `${name}.${following.id}` : null });
      if (position === 0) index.first.set(name, at);
      if (definitionOf(placed).givesAddress) index.hasWebhooks = true;
    }
  }
  index.start = Object.values(flow.triggers ?? {}).find((one) => one.type === 'start')?.to ?? null;
  indexes.set(flow, index);
  return index;
}

/** The block a target names; null for the `@` ones and for what does not exist. */
export function blockAt(flow: Flow, name: string): string | null {
  const index = indexOf(flow);
  return index.first.get(name) ?? (index.blocks.has(name) ? name : null);
}

/** Ids are unique in a flow: a block is known by its own, whichever group it stands in. */
export function blockNamed(flow: Flow, id: string): Placed | null {
  for (const placed of indexOf(flow).blocks.values()) if (placed.block.id === id) return placed;
  return null;
}
