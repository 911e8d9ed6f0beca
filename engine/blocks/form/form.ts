// Asks several things at once, where the channel can show a form; one after the other where it cannot.
import { z } from 'zod';
import { check, type Question, readAnswer } from '../../block/answer.ts';
import { type BlockOf, defineBlock, duration, json, type Next, optionId, payloadOf, type Turn, template, variable } from '../../block.ts';
import { member, textOf, type Value } from '../../expression/value.ts';
import { askKinds, type Reply, type WaitingChoice } from '../../message.ts';

const option = z.strictObject({ id: optionId, label: template.min(1), value: json.optional() });
const field = z.strictObject({
  id: optionId,
  kind: z.enum(askKinds),
  label: template.min(1),
  required: z.boolean().optional(),
  options: z.array(option).min(1).max(100).optional(),
  check: check.optional(),
});

const settings = { text: template.optional(), fields: z.array(field).min(1).max(50), save: variable, timeout: duration.optional() };

type FormBlock = BlockOf<typeof settings>;
type Field = z.output<typeof field>;

export const form = defineBlock({
  type: 'form',
  family: 'ask',
  label: 'Form',
  summary: 'Asks several things at once.',
  rests: true,
  names: ['value'],
  settings,
  texts: ['text', 'fields'],
  ports: () => [
    { name: 'timeout', label: 'No answer', falls: ['next'] },
    { name: 'cancel', label: 'Cancelled', falls: ['next'] },
  ],
  writes: (block) => [block.save],
  run: (block, turn) => (showsForms(turn) ? show(block, turn, turn.text(block.text ?? '', 'markdown'), 0) : begin(block, turn)),
  wake: (block, turn, wake) => {
    if (wake.kind === 'timeout') return { go: 'timeout' };
    if (wake.kind !== 'reply') return { go: 'cancel' };
    if (wake.reply.text.trim().toLowerCase() === 'cancel' && wake.reply.values === undefined) return { go: 'cancel' };
    return turn.woken?.kind === 'reply' && turn.woken.field !== undefined
      ? oneReceived(block, turn, wake.reply, turn.woken)
      : received(block, turn, wake.reply);
  },
});

function choicesOf(one: Field, turn: Turn): WaitingChoice[] {
  return (one.options ?? []).map((choice) => {
    const label = turn.text(choice.label);
    return { id: choice.id, label, payload: payloadOf('opt', turn.at, choice.id), value: choice.value === undefined ? label : turn.value(choice.value) };
  });
}

function questionOf(one: Field, turn: Turn): Question {
  return {
    kind: one.kind,
    choices: choicesOf(one, turn),
    check: one.check,
    trim: true,
    judge: (expression, answer) => turn.evaluateWith(expression, { value: answer }),
  };
}

function show(block: FormBlock, turn: Turn, text: string, attempt: number): Next {
  const fields = block.fields.map((one) => ({
    id: one.id,
    kind: one.kind,
    label: turn.text(one.label),
    required: one.required !== false,
    choices: choicesOf(one, turn).map(({ id, label, payload }) => ({ id, label, payload })),
  }));
  turn.say({ kind: 'text', text, input: { kind: 'form', block: turn.at, fields } });
  return { wait: { kind: 'reply', id: turn.waitId(), block: turn.at, attempt, choices: [], expires_at: turn.deadline(block.timeout) } };
}

// Someone may write `field: value` lines, or the one value of a form with one field.
function valuesOf(block: FormBlock, reply: Reply): { [field: string]: Value } {
  if (reply.values) return reply.values;
  const only = block.fields.length === 1 ? block.fields[0] : undefined;
  if (only) return { [only.id]: reply.text };
  const lines = reply.text.split('\n').map((line) => /^\s*([^:]+):\s*(.*)$/.exec(line));
  const found = lines.flatMap((line) => {
    const named = block.fields.find((one) => line !== null && [one.id, one.label.toLowerCase()].includes((line[1] ?? '').trim().toLowerCase()));
    return named && line ? [[named.id, line[2] ?? ''] as const] : [];
  });
  return Object.fromEntries(found);
}

function received(block: FormBlock, turn: Turn, reply: Reply): Next {
  const given = valuesOf(block, reply);
  const saved: { [name: string]: Value } = {};
  const wrong: string[] = [];
  for (const one of block.fields) {
    const value = member(given, one.id);
    if (value === null || value === '') {
      if (one.required !== false) wrong.push(turn.text(one.label));
      continue;
    }
    const own = reply.files?.filter((file) => file.id === value) ?? [];
    const files = own.length > 0 ? own : reply.files;
    const asReply: Reply = {
      text: textOf(value),
      ...(Array.isArray(value) ? { values: { choices: value } } : {}),
      ...(files ? { files } : {}),
    };
    const read = readAnswer(questionOf(one, turn), asReply);
    if (read.ok) saved[one.id] = read.value;
    else wrong.push(turn.text(one.label));
  }
  if (wrong.length > 0) return { unless_interrupted: () => again(block, turn, wrong) };
  turn.set(block.save, saved);
  return { go: 'next' };
}

const mostAttempts = 10;

function again(block: FormBlock, turn: Turn, wrong: string[]): Next {
  const attempt = turn.woken?.kind === 'reply' ? turn.woken.attempt : 0;
  if (attempt >= mostAttempts) return { go: 'cancel' };
  return show(block, turn, `${turn.text(block.text ?? '', 'markdown')}\n→ ${wrong.join(', ')}`.trim(), attempt + 1);
}

// What follows is for channels that can show no form: the same fields, one question after the other.

const formChannels = ['web', 'api'];
const attemptsForOne = 3;

function showsForms(turn: Turn): boolean {
  return formChannels.includes(textOf(turn.scope.channel ?? null));
}

function begin(block: FormBlock, turn: Turn): Next {
  turn.set(block.save, {});
  if (block.text !== undefined) turn.say({ kind: 'text', text: turn.text(block.text, 'markdown') });
  return askOne(block, turn, block.fields[0], 0);
}

/** Asks for this field; when there is none left the form is filled in. */
function askOne(block: FormBlock, turn: Turn, one: Field | undefined, attempt: number): Next {
  if (one === undefined) return { go: 'next' };
  const choices = choicesOf(one, turn);
  const shown = choices.map(({ id, label, payload }) => ({ id, label, payload }));
  turn.say({
    kind: 'text',
    text: turn.text(one.label, 'markdown'),
    input: { kind: one.kind, block: turn.at, choices: shown, canSkip: one.required === false },
  });
  return { wait: { kind: 'reply', id: turn.waitId(), block: turn.at, attempt, choices, field: one.id, expires_at: turn.deadline(block.timeout) } };
}

function oneReceived(block: FormBlock, turn: Turn, reply: Reply, { field, attempt }: { field?: string; attempt: number }): Next {
  const at = block.fields.findIndex((one) => one.id === field);
  const one = block.fields[at];
  const following = block.fields[at + 1];
  const said = reply.text.trim().toLowerCase();
  if (one === undefined || (one.required === false && said === 'skip')) return askOne(block, turn, following, 0);
  const read = readAnswer(questionOf(one, turn), reply);
  if (!read.ok) return { unless_interrupted: () => (attempt >= attemptsForOne ? { go: 'cancel' } : askOne(block, turn, one, attempt + 1)) };
  const soFar = turn.evaluate(block.save);
  turn.set(block.save, { ...(soFar !== null && typeof soFar === 'object' && !Array.isArray(soFar) ? soFar : {}), [one.id]: read.value });
  return askOne(block, turn, following, 0);
}
