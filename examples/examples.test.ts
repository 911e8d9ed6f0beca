// Every example talks as its golden transcript says. `UPDATE=1` writes transcripts and canonical documents anew; what
// changed is then reviewed as text.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { check } from '@parley/engine/check.ts';
import { canonical, type Flow, indexOf } from '@parley/engine/flow.ts';
import { waysOf } from '@parley/engine/graph.ts';
import { played, type Samples, type Talk } from '@parley/engine/talk.ts';
import { upgrade } from '@parley/engine/upgrade.ts';
import { describe, expect, test } from 'vitest';

const here = import.meta.dirname;
const names = readdirSync(here).flatMap((file) => /^(.+)\.flow\.json$/.exec(file)?.[1] ?? []);
const isUpdating = process.env.UPDATE === '1';

function read(name: string): Flow {
  const found = upgrade(JSON.parse(readFileSync(join(here, `${name}.flow.json`), 'utf8')));
  if (!found.ok) throw new Error(`${name}: ${JSON.stringify(found.problems, null, 2)}`);
  return found.flow;
}

function samplesOf(name: string): Samples {
  const file = join(here, `${name}.samples.json`);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
}

function conversations(name: string, flow: Flow): Talk[] {
  const scripts = readFileSync(join(here, `${name}.talk.txt`), 'utf8')
    .trim()
    .split(/\n{2,}/);
  return scripts.map((script) => played({ flows: { [flow.id]: flow }, main: flow.id, samples: samplesOf(name) }, script.split('\n')));
}

/** A file that must say exactly this, or is made to. */
function expectFile(file: string, text: string): void {
  if (isUpdating) writeFileSync(join(here, file), text);
  expect(readFileSync(join(here, file), 'utf8'), file).toBe(text);
}

test('there are flows to start from', () => {
  expect(names).toEqual(['appointment', 'faq', 'feedback', 'hand-over', 'lead-capture', 'multi-language', 'onboarding', 'order-status', 'welcome']);
});

describe.each(names)('%s', (name) => {
  const flow = read(name);

  test('it talks as its transcript says', () => {
    expectFile(
      `${name}.talk.txt`,
      `${conversations(name, flow)
        .map((talk) => talk.lines.join('\n'))
        .join('\n\n')}\n`,
    );
  });

  test('every block of it is met in some conversation of the transcript, and none fails', () => {
    const talks = conversations(name, flow);
    const met = new Set(talks.flatMap((talk) => [talk.session.wait?.block, ...talk.outputs.map((one) => 'block' in one && one.block)]));
    expect([...indexOf(flow).blocks.keys()].filter((at) => !met.has(at))).toEqual([]);
    expect(talks.flatMap((talk) => talk.outputs.filter((one) => one.kind === 'failed'))).toEqual([]);
  });

  test('it is written in its canonical form and named after itself', () => {
    expect(flow.id).toBe(name.replaceAll('-', '_'));
    expectFile(`${name}.flow.json`, canonical(flow));
  });

  test('it can be published anywhere without a word of warning', () => {
    const channels = ['web', 'api', 'whatsapp', 'telegram', 'instagram', 'sms'];
    expect(check(flow, { apis: [], flows: [], channels })).toEqual([]);
    expect(Object.values(flow.triggers ?? {}).some((one) => one.type === 'start')).toBe(true);
  });

  test('its picture reads from left to right, and no two groups lie on each other', () => {
    const places = Object.keys(flow.groups).map((group) => ({ group, ...boxOf(flow, group) }));
    for (const a of places)
      for (const b of places.filter((one) => one.group > a.group))
        expect(a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y, `${a.group} and ${b.group}`).toBe(true);
    const first = (indexOf(flow).start ?? '').split('.')[0];
    const comesFrom = new Map(places.map(({ group }) => [group, [] as string[]]));
    for (const placed of indexOf(flow).blocks.values())
      for (const target of waysOf(flow, placed).flatMap((way) => way.targets))
        if (target && !target.startsWith('@')) comesFrom.get(target.split('.')[0] ?? '')?.push(placed.group);
    const xOf = (group: string): number => flow.layout?.[group]?.[0] ?? Number.NaN;
    for (const { group } of places.filter((one) => one.group !== first))
      expect(
        comesFrom.get(group)?.some((from) => xOf(from) < xOf(group)),
        group,
      ).toBe(true);
  });
});

test('the flow of a fresh workspace waits to be started, and starts by nothing else', () => {
  expect(Object.values(read('welcome').triggers ?? {})).toEqual([{ type: 'start', to: 'hello' }]);
});

/** About what a group takes on the canvas. */
function boxOf(flow: Flow, group: string) {
  const [x, y] = flow.layout?.[group] ?? [Number.NaN, Number.NaN];
  return { x, y, width: 320, height: 80 + 72 * (flow.groups[group]?.blocks.length ?? 0) };
}
