// What a canned reply says to one person: the templates of flows, with the person and who answers in them.
import type { Value } from '@parley/engine/expression/value.ts';
import { renderText } from '@parley/engine/template.ts';
import type { Subscriber } from '../../api/replies.ts';

type Around = { subscriber: Subscriber | null; agent: { name: string }; conversation: { id: number } };

export function renderCanned(text: string, { subscriber, agent, conversation }: Around): string {
  const person: { [name: string]: Value } = subscriber ? { ...subscriber.fields, ...withoutFields(subscriber) } : {};
  const scope = { subscriber: person, agent: { ...agent, first_name: firstOf(agent.name) }, conversation };
  const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const around = { now: Date.now(), timeZone, language: document.documentElement.lang, random: Math.random, isOpen: () => true, nextOpen: () => null };
  return renderText(text, 'plain', scope, around);
}

/** Whose first name nobody knows goes by the first word of the name. */
function withoutFields({ fields: _fields, tags, ...one }: Subscriber): { [name: string]: Value } {
  return { ...one, tags, first_name: one.first_name ?? firstOf(one.name) };
}

function firstOf(name: string): string | null {
  return name.trim().split(/\s+/)[0] || null;
}
