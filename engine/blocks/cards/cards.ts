// One card, or a row of them; from a fixed list or from data.
import { z } from 'zod';
import { bare } from '../../block/mapping.ts';
import { defineBlock, optionId, payloadOf, type Turn, template } from '../../block.ts';
import type { Value } from '../../expression/value.ts';
import type { Card } from '../../message.ts';

const cardButton = z.strictObject({ id: optionId, label: template.min(1), url: template.optional(), phone: template.optional() });
const parts = { title: template.min(1), text: template.optional(), image: template.optional(), buttons: z.array(cardButton).max(10).optional() };
const card = z.strictObject({ id: optionId, ...parts });
const pattern = z.strictObject(parts);

type Pattern = z.output<typeof pattern>;
const most = 10;

export const cards = defineBlock({
  type: 'cards',
  family: 'say',
  label: 'Cards',
  summary: 'Shows one or more cards with picture and buttons.',
  raw: ['from'],
  names: ['item'],
  reads: (block) => (block.from === undefined ? [] : [bare(block.from)]),
  settings: { cards: z.array(card).min(1).max(most).optional(), from: z.string().min(1).max(20_000).optional(), card: pattern.optional() },
  texts: ['cards', 'card'],
  ports: (block) =>
    [...(block.cards ?? []), ...(block.card ? [block.card] : [])]
      .flatMap((one) => one.buttons ?? [])
      .filter((one, at, all) => !one.url && !one.phone && all.findIndex((other) => other.id === one.id) === at)
      .map((one) => ({ name: `btn:${one.id}`, label: one.label })),
  check: (block) =>
    (block.cards !== undefined) === (block.from !== undefined && block.card !== undefined)
      ? [{ code: 'E04', message: 'Cards are either listed, or made from a list with a pattern.' }]
      : [],
  run: (block, turn) => {
    const list = block.from === undefined ? null : turn.evaluate(bare(block.from));
    const made = Array.isArray(list) && block.card ? list.slice(0, most).map((item, at) => filled(`c${at + 1}`, block.card as Pattern, turn, item)) : [];
    const shown = [...(block.cards ?? []).map((one) => filled(one.id, one, turn, null)), ...made];
    if (shown.length > 0) turn.say({ kind: 'cards', cards: shown });
    return { go: 'next' };
  },
});

function filled(id: string, source: Pattern, turn: Turn, item: Value): Card {
  const text = (template: string): string => turn.textWith(template, 'plain', { item });
  return {
    id,
    title: text(source.title),
    ...(source.text === undefined ? {} : { text: turn.textWith(source.text, 'markdown', { item }) }),
    ...(source.image === undefined ? {} : { image: text(source.image) }),
    buttons: (source.buttons ?? []).map((one) => ({
      id: one.id,
      label: text(one.label),
      payload: payloadOf('btn', turn.at, one.id),
      ...(one.url === undefined ? {} : { url: text(one.url) }),
      ...(one.phone === undefined ? {} : { phone: text(one.phone) }),
    })),
  };
}
