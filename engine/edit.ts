// Changes to a flow as data, each with its inverse: undo without end, two people on one flow, and a diff that can be
// read. Places are named by ids, never by positions, so that an edit still means the same after someone else's.
import type { Block } from './blocks.ts';
import { member, textOf, type Value } from './expression/value.ts';
import type { Flow, Group } from './flow.ts';

export type Edit =
  /** A key of the document; `#id` in a path picks from a list. Absent value: the key goes. */
  | { kind: 'put'; path: string[]; value?: Value }
  | { kind: 'add_group'; group: string; title?: string; at?: [number, number] }
  | { kind: 'remove_group'; group: string }
  | { kind: 'rename_group'; group: string; to: string }
  | { kind: 'add_block'; group: string; before: string | null; block: Block }
  | { kind: 'remove_block'; group: string; block: string }
  | { kind: 'move_block'; group: string; block: string; to: string; before: string | null }
  | { kind: 'rename_block'; group: string; block: string; to: string };

export type Applied = { ok: true; flow: Flow; inverse: Edit[] } | { ok: false; problem: string };

/** Applies all or none. The inverse, applied in its order, gives back the very same document. */
export function applyEdits(flow: Flow, edits: readonly Edit[]): Applied {
  let now = flow;
  const inverse: Edit[] = [];
  for (const edit of edits) {
    const step = applyOne(now, edit);
    if (!step.ok) return step;
    now = step.flow;
    inverse.unshift(...step.inverse);
  }
  return { ok: true, flow: now, inverse };
}

function applyOne(flow: Flow, edit: Edit): Applied {
  switch (edit.kind) {
    case 'put':
      return put(flow, edit.path, edit.value);
    case 'add_group':
      return addGroup(flow, edit);
    case 'remove_group':
      return removeGroup(flow, edit.group);
    case 'rename_group':
      return renameGroup(flow, edit.group, edit.to);
    case 'add_block':
      return addBlock(flow, edit.group, edit.before, edit.block);
    case 'remove_block':
      return removeBlock(flow, edit.group, edit.block);
    case 'move_block':
      return moveBlock(flow, edit);
    case 'rename_block':
      return renameBlock(flow, edit);
  }
}

const failed = (problem: string): Applied => ({ ok: false, problem });

/** A group may be called `constructor`. */
function groupOf(flow: Flow, name: string): Group | undefined {
  return Object.hasOwn(flow.groups, name) ? flow.groups[name] : undefined;
}

function put(flow: Flow, path: string[], value: Value | undefined): Applied {
  if (path.length === 0 || path.some((part) => part === '__proto__')) return failed('An edit needs a place.');
  const before = valueAt(flow, path);
  if (!before.found) return failed(`There is no ${path.slice(0, -1).join('.')} to change.`);
  const [owner, last] = [path.at(-2), path.at(-1) ?? ''];
  // A list item is found by its id: one without, or with another, could not be found again to undo this.
  const id = last === 'id' && owner?.startsWith('#') ? (value ?? null) : last.startsWith('#') ? member(value ?? null, 'id') : undefined;
  if (id !== undefined && `#${textOf(id)}` !== (last === 'id' ? owner : last))
    return failed('An id does not change this way: rename the block, or put the whole list.');
  const changed = replaced(flow, path, value) as Flow;
  return { ok: true, flow: changed, inverse: [{ kind: 'put', path, ...(before.value === undefined ? {} : { value: before.value }) }] };
}

/** `found` means that the place exists, whether or not anything stands there. */
function valueAt(root: unknown, path: string[]): { found: boolean; value: Value | undefined } {
  let here: unknown = root;
  for (const [position, part] of path.entries()) {
    if (here === null || typeof here !== 'object') return { found: false, value: undefined };
    const next = Array.isArray(here)
      ? here.find((one) => `#${(one as { id?: unknown }).id}` === part)
      : Object.hasOwn(here, part)
        ? (here as { [key: string]: unknown })[part]
        : undefined;
    if (next === undefined && (position < path.length - 1 || Array.isArray(here))) return { found: false, value: undefined };
    here = next;
  }
  return { found: true, value: here as Value | undefined };
}

function replaced(here: unknown, path: string[], value: Value | undefined): unknown {
  const [part = '', ...rest] = path;
  if (Array.isArray(here))
    return here.map((one) => (`#${(one as { id?: unknown }).id}` === part ? (rest.length === 0 ? value : replaced(one, rest, value)) : one));
  const object = here as { [key: string]: unknown };
  if (rest.length > 0) return { ...object, [part]: replaced(object[part], rest, value) };
  if (value !== undefined) return { ...object, [part]: value };
  const { [part]: _gone, ...left } = object;
  return left;
}

function addGroup(flow: Flow, edit: Extract<Edit, { kind: 'add_group' }>): Applied {
  if (groupOf(flow, edit.group)) return failed(`There is a group ${edit.group} already.`);
  const blocks: Block[] = [];
  const groups = { ...flow.groups, [edit.group]: { ...(edit.title === undefined ? {} : { title: edit.title }), blocks } };
  const layout = edit.at === undefined ? flow.layout : { ...flow.layout, [edit.group]: edit.at };
  return {
    ok: true,
    flow: { ...flow, groups, ...(layout === undefined ? {} : { layout }) },
    inverse: [{ kind: 'remove_group', group: edit.group }, ...restoreLayout(flow)],
  };
}

function removeGroup(flow: Flow, name: string): Applied {
  const group = groupOf(flow, name);
  if (!group) return failed(`There is no group ${name}.`);
  const { [name]: _gone, ...groups } = flow.groups;
  const { [name]: _place, ...layout } = flow.layout ?? {};
  const changed: Flow = { ...flow, groups, ...(flow.layout === undefined ? {} : { layout }) };
  return { ok: true, flow: changed, inverse: [{ kind: 'put', path: ['groups', name], value: group as unknown as Value }, ...restoreLayout(flow)] };
}

function restoreLayout(flow: Flow): Edit[] {
  return [{ kind: 'put', path: ['layout'], ...(flow.layout === undefined ? {} : { value: flow.layout as unknown as Value }) }];
}

function renameGroup(flow: Flow, from: string, to: string): Applied {
  if (!groupOf(flow, from)) return failed(`There is no group ${from}.`);
  if (groupOf(flow, to)) return failed(`There is a group ${to} already.`);
  const rename = (name: string): string => (name === from ? to : name.startsWith(`${from}.`) ? `${to}${name.slice(from.length)}` : name);
  return { ok: true, flow: withNames(flow, rename, { group: [from, to] }), inverse: [{ kind: 'rename_group', group: to, to: from }] };
}

function addBlock(flow: Flow, name: string, before: string | null, block: Block): Applied {
  const group = groupOf(flow, name);
  if (!group) return failed(`There is no group ${name}.`);
  if (Object.values(flow.groups).some((one) => one.blocks.some((other) => other.id === block.id))) return failed(`There is a block ${block.id} already.`);
  return { ok: true, flow: withBlocks(flow, name, inserted(group.blocks, before, block)), inverse: [{ kind: 'remove_block', group: name, block: block.id }] };
}

function removeBlock(flow: Flow, name: string, id: string): Applied {
  const blocks = groupOf(flow, name)?.blocks ?? [];
  const position = blocks.findIndex((one) => one.id === id);
  const block = blocks[position];
  if (!block) return failed(`There is no block ${name}.${id}.`);
  const before = blocks[position + 1]?.id ?? null;
  return {
    ok: true,
    flow: withBlocks(
      flow,
      name,
      blocks.filter((one) => one !== block),
    ),
    inverse: [{ kind: 'add_block', group: name, before, block }],
  };
}

function moveBlock(flow: Flow, edit: Extract<Edit, { kind: 'move_block' }>): Applied {
  const blocks = groupOf(flow, edit.group)?.blocks ?? [];
  const position = blocks.findIndex((one) => one.id === edit.block);
  const block = blocks[position];
  if (!block || !groupOf(flow, edit.to)) return failed(`There is no block ${edit.group}.${edit.block}, or no group ${edit.to}.`);
  const before = blocks[position + 1]?.id ?? null;
  const without = withBlocks(
    flow,
    edit.group,
    blocks.filter((one) => one !== block),
  );
  const moved = withBlocks(without, edit.to, inserted(groupOf(without, edit.to)?.blocks ?? [], edit.before, block));
  const [from, to] = [`${edit.group}.${edit.block}`, `${edit.to}.${edit.block}`];
  const changed = edit.group === edit.to ? moved : withNames(moved, (name) => (name === from ? to : name), {});
  return { ok: true, flow: changed, inverse: [{ kind: 'move_block', group: edit.to, block: edit.block, to: edit.group, before }] };
}

function renameBlock(flow: Flow, edit: Extract<Edit, { kind: 'rename_block' }>): Applied {
  const blocks = groupOf(flow, edit.group)?.blocks ?? [];
  if (!blocks.some((one) => one.id === edit.block)) return failed(`There is no block ${edit.group}.${edit.block}.`);
  if (Object.values(flow.groups).some((one) => one.blocks.some((other) => other.id === edit.to))) return failed(`There is a block ${edit.to} already.`);
  const [from, to] = [`${edit.group}.${edit.block}`, `${edit.group}.${edit.to}`];
  const named = withBlocks(
    flow,
    edit.group,
    blocks.map((one) => (one.id === edit.block ? ({ ...one, id: edit.to } as Block) : one)),
  );
  return {
    ok: true,
    flow: withNames(named, (name) => (name === from ? to : name), {}),
    inverse: [{ kind: 'rename_block', group: edit.group, block: edit.to, to: edit.block }],
  };
}

function withBlocks(flow: Flow, name: string, blocks: Block[]): Flow {
  const group = groupOf(flow, name);
  return group ? { ...flow, groups: { ...flow.groups, [name]: { ...group, blocks } } } : flow;
}

function inserted(blocks: readonly Block[], before: string | null, block: Block): Block[] {
  const position = before === null ? blocks.length : blocks.findIndex((one) => one.id === before);
  const at = position === -1 ? blocks.length : position;
  return [...blocks.slice(0, at), block, ...blocks.slice(at)];
}

/** Every place that names a block or group, with the name changed: connections, triggers, translations, layout. */
function withNames(flow: Flow, rename: (name: string) => string, moved: { group?: [string, string] }): Flow {
  const groupName = (name: string): string => (moved.group && name === moved.group[0] ? moved.group[1] : name);
  const groups = Object.fromEntries(
    Object.entries(flow.groups).map(([name, group]) => [
      groupName(name),
      { ...group, ...(group.error === undefined ? {} : { error: rename(group.error) }), blocks: group.blocks.map((block) => withTargets(block, rename)) },
    ]),
  );
  const triggers = flow.triggers && Object.fromEntries(Object.entries(flow.triggers).map(([id, one]) => [id, { ...one, to: rename(one.to) }]));
  const layout = flow.layout && Object.fromEntries(Object.entries(flow.layout).map(([name, place]) => [groupName(name), place]));
  const texts =
    flow.texts &&
    Object.fromEntries(
      Object.entries(flow.texts).map(([language, places]) => [
        language,
        Object.fromEntries(Object.entries(places).map(([place, text]) => [renamedPlace(place, rename), text])),
      ]),
    );
  return {
    ...flow,
    groups,
    ...(triggers === undefined ? {} : { triggers }),
    ...(layout === undefined ? {} : { layout }),
    ...(texts === undefined ? {} : { texts }),
  };
}

function renamedPlace(place: string, rename: (name: string) => string): string {
  const [group = '', block = '', ...rest] = place.split('.');
  return [rename(`${group}.${block}`), ...rest].join('.');
}

function withTargets(block: Block, rename: (name: string) => string): Block {
  if (block.to === undefined) return block;
  const to = Object.fromEntries(
    Object.entries(block.to).map(([port, target]) => [port, typeof target === 'string' ? rename(target) : { ...target, in: target.in.map(rename) }]),
  );
  return { ...block, to } as Block;
}
