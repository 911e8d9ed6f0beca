// Asks one question and waits for an answer of its kind.
import { z } from 'zod';
import { check, readAnswer } from '../../block/answer.ts';
import { bare, mapped } from '../../block/mapping.ts';
import { type BlockOf, defineBlock, duration, json, type Next, optionId, payloadOf, slug, type Turn, template, variable } from '../../block.ts';
import { isSame, textOf, type Value } from '../../expression/value.ts';
import { askKinds, type InputSpec, type Reply, type WaitingChoice } from '../../message.ts';

const option = z.strictObject({ id: optionId, label: template.min(1), value: json.optional() });
const fromApi = z.strictObject({ api: z.string().max(130), with: z.record(slug, json).optional(), path: mapped.max(1_000).optional() });

const settings = {
  kind: z.enum(askKinds),
  text: template,
  save: variable.optional(),
  trim: z.boolean().optional(),
  required: z.boolean().optional(),
  check: check.optional(),
  retry: z.strictObject({ max: z.int().min(0).max(20).optional(), text: template.optional() }).optional(),
  timeout: duration.optional(),
  skip_if_set: z.boolean().optional(),
  options: z.array(option).min(1).max(100).optional(),
  options_from: z.union([z.string().min(1).max(20_000), fromApi]).optional(),
  option: z.strictObject({ label: template, value: json }).optional(),
  placeholder: template.optional(),
  accept: z.array(z.string().max(100)).max(50).optional(),
  max_size: z.int().min(1).optional(),
};

type AskBlock = BlockOf<typeof settings>;

const maxChoices = 100;
const retriesWithoutSaying = 3;

export const ask = defineBlock({
  type: 'ask',
  family: 'ask',
  label: 'Question',
  summary: 'Asks something and waits for the answer.',
  gathers: (block) => block.kind === 'text' && block.options === undefined && block.options_from === undefined,
  rests: true,
  names: ['value', 'item', 'status', 'headers', 'body'],
  raw: ['options_from', 'path', 'regex'],
  reads: (block) => [...(typeof block.options_from === 'string' ? [bare(block.options_from)] : []), ...(block.check?.cel ? [block.check.cel] : [])],
  settings,
  texts: ['text', 'retry', 'options', 'placeholder'],
  ports: (block) => [
    ...optionsOf(block).map((one) => ({ name: `opt:${one.id}`, label: one.label })),
    { name: 'invalid', label: 'Not understood', falls: [], optional: true },
    { name: 'timeout', label: 'No answer', falls: ['invalid', 'next'], optional: true },
    { name: 'cancel', label: 'Cancelled', falls: ['invalid', 'next'], optional: true },
    ...(block.required === false ? [{ name: 'skip', label: 'Skipped' }] : []),
  ],
  // Every answer has a way of its own, so nothing ever leaves by `next`.
  leavesByItself: (block) => isClosed(block) && !block.skip_if_set && optionsOf(block).every((one) => block.to?.[`opt:${one.id}`] !== undefined),
  writes: (block) => (block.save ? [block.save] : []),
  requires: (block) => (typeof block.options_from === 'object' ? { apis: [block.options_from.api.split('.')[0] ?? ''] } : {}),
  check: (block) => [
    ...(['choice', 'multi'].includes(block.kind) && !block.options && !block.options_from
      ? [{ code: 'E04', message: `A ${block.kind} question needs options.`, path: 'options' }]
      : []),
    ...(block.to?.invalid === undefined && block.retry?.max === undefined
      ? [{ code: 'W03', message: 'Nothing follows when the answer is never understood: connect "Not understood" or limit the retries.', path: 'retry' }]
      : []),
  ],
  run: (block, turn) => {
    if (block.skip_if_set && block.save) {
      const known = turn.evaluate(block.save);
      if (known !== null && known !== '') return { go: portOf(block, choicesOf(block, turn, null).find((one) => isSame(one.value, known))?.id ?? null) };
    }
    const from = block.options_from;
    if (typeof from === 'object') {
      const given = Object.fromEntries(Object.entries(from.with ?? {}).map(([name, value]) => [name, turn.value(value)]));
      return turn.ask({ ask: 'api', api: from.api, request: null, with: given, timeout_ms: 10_000, retry: null });
    }
    return question(block, turn, choicesOf(block, turn, from === undefined ? null : turn.evaluate(bare(from))), 0);
  },
  wake: (block, turn, wake) => {
    if (wake.kind === 'timeout') return { go: 'timeout' };
    if (wake.kind === 'answer') return loaded(block, turn, wake.ok, wake.values);
    if (wake.kind !== 'reply') return { go: 'invalid' };
    return answered(block, turn, wake.reply);
  },
});

const yesAndNo = [
  { id: 'yes', label: 'Yes' },
  { id: 'no', label: 'No' },
];

function optionsOf(block: AskBlock): { id: string; label: string }[] {
  return block.options ?? (block.kind === 'confirm' ? yesAndNo : []);
}

function isClosed(block: AskBlock): boolean {
  return (block.kind === 'choice' || block.kind === 'confirm') && block.options_from === undefined && optionsOf(block).length > 0;
}

/** The list an API gave becomes the choices; without one there is nothing to ask. */
function loaded(block: AskBlock, turn: Turn, ok: boolean, values: { [name: string]: Value }): Next {
  const path = typeof block.options_from === 'object' ? (block.options_from.path ?? 'body') : 'body';
  const list = ok ? turn.evaluateWith(path, values) : null;
  const choices = choicesOf(block, turn, list);
  return choices.length === 0 ? { go: 'invalid' } : question(block, turn, choices, 0);
}

function choicesOf(block: AskBlock, turn: Turn, list: Value): WaitingChoice[] {
  if (block.kind === 'confirm' && !block.options) {
    return yesAndNo.map(({ id, label }) => ({ id, label, payload: payloadOf('opt', turn.at, id), value: id === 'yes' }));
  }
  const fixed = (block.options ?? []).map((one) => {
    const label = turn.text(one.label);
    return {
      id: one.id,
      label,
      payload: payloadOf('opt', turn.at, one.id),
      value: one.value === undefined ? usualValue(block, one.id, label) : turn.value(one.value),
    };
  });
  const items = Array.isArray(list) ? list.slice(0, maxChoices - fixed.length) : [];
  const made = items.map((item, at) => {
    const label = block.option ? textOf(turn.valueWith(block.option.label, { item })) : textOf(item);
    const id = `o${at + 1}`;
    return { id, label, payload: payloadOf('opt', turn.at, id), value: block.option ? turn.valueWith(block.option.value, { item }) : item };
  });
  return [...fixed, ...made];
}

// Whatever the two options of a yes-or-no question are called, they mean yes and no.
function usualValue(block: AskBlock, id: string, label: string): Value {
  return block.kind === 'confirm' && (id === 'yes' || id === 'no') ? id === 'yes' : label;
}

function question(block: AskBlock, turn: Turn, choices: WaitingChoice[], attempt: number, said: string = turn.text(block.text, 'markdown')): Next {
  const input: InputSpec = {
    kind: block.kind,
    block: turn.at,
    choices: choices.map(({ id, label, payload }) => ({ id, label, payload })),
    canSkip: block.required === false,
    ...(block.placeholder === undefined ? {} : { placeholder: turn.text(block.placeholder) }),
    ...(block.accept === undefined ? {} : { accept: block.accept }),
    ...(block.max_size === undefined ? {} : { maxBytes: block.max_size }),
    ...(block.kind === 'rating' ? { min: block.check?.min ?? 1, max: block.check?.max ?? 5 } : {}),
  };
  turn.say({ kind: 'text', text: said, input });
  return { wait: { kind: 'reply', id: turn.waitId(), block: turn.at, attempt, choices, expires_at: turn.deadline(block.timeout) } };
}

function answered(block: AskBlock, turn: Turn, reply: Reply): Next {
  const woken = turn.woken;
  const choices = woken?.kind === 'reply' ? woken.choices : [];
  const said = reply.text.trim().toLowerCase();
  if (block.to?.cancel !== undefined && said === 'cancel') return { go: 'cancel' };
  if (block.required === false && (said === '' || said === 'skip') && !reply.payload && !reply.files) return { go: 'skip' };
  const country = turn.evaluate('subscriber.country');
  const read = readAnswer(
    {
      kind: block.kind,
      choices,
      check: block.check,
      ...(block.accept === undefined ? {} : { accept: block.accept }),
      ...(block.max_size === undefined ? {} : { maxBytes: block.max_size }),
      trim: block.trim ?? true,
      ...(typeof country === 'string' && country.length === 2 ? { country: country.toUpperCase() } : {}),
      judge: (expression, value) => turn.evaluateWith(expression, { value }),
    },
    reply,
  );
  if (!read.ok) return { unless_interrupted: () => again(block, turn, choices) };
  if (block.save) turn.set(block.save, read.value);
  return { go: portOf(block, read.choice) };
}

function portOf(block: AskBlock, choice: string | null): string {
  return choice !== null && block.to?.[`opt:${choice}`] !== undefined ? `opt:${choice}` : 'next';
}

function again(block: AskBlock, turn: Turn, choices: WaitingChoice[]): Next {
  const attempt = turn.woken?.kind === 'reply' ? turn.woken.attempt : 0;
  const most = block.retry?.max ?? (block.to?.invalid === undefined ? retriesWithoutSaying : 0);
  if (attempt >= most) return { go: 'invalid' };
  const said = block.retry?.text ?? block.text;
  return question(block, turn, choices, attempt + 1, turn.text(said, 'markdown'));
}
