// Whoever comes back long after they were asked something is asked first whether to go on.
import type { Message, WaitingChoice } from '../message.ts';
import type { Wait } from '../session.ts';

export type ReplyWait = Extract<Wait, { kind: 'reply' }>;

/** The question, and its two answers. */
export type LateWords = { text: string; go_on: string; start_again: string };

export function lateQuestion({ block }: ReplyWait, { text, go_on, start_again }: LateWords): { message: Message; late: WaitingChoice[] } {
  const late = Object.entries({ go_on, start_again }).map(([id, label]) => ({ id, label, payload: `late:${id}`, value: id }));
  const choices = late.map(({ value: _value, ...choice }) => choice);
  return { message: { kind: 'text', text, input: { kind: 'choice', block, choices, canSkip: false } }, late };
}
