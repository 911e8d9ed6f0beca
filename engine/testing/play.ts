// What the engine's tests have in common: a flow out of a few blocks, and a conversation with it.
import { type Flow, parseFlow } from '../flow.ts';
import { Talk, type TalkOptions, transcript } from '../talk.ts';

type Groups = { [group: string]: object[] | { blocks: object[]; error: string } };

/** A flow that starts at its first group; `more` are further keys of the document. */
export function flowOf(groups: Groups, more: object = {}): Flow {
  const found = parseFlow({
    format: 'flow/1',
    id: 'main',
    name: 'Main',
    triggers: { go: { type: 'start', to: Object.keys(groups)[0] } },
    groups: Object.fromEntries(Object.entries(groups).map(([name, group]) => [name, Array.isArray(group) ? { blocks: group } : group])),
    ...more,
  });
  if (!found.ok) throw new Error(JSON.stringify(found.problems, null, 2));
  return found.flow;
}

type Options = Omit<Partial<TalkOptions>, 'main'> & { more?: object };

function optionsFor(groups: Groups, { more, flows, ...options }: Options): TalkOptions {
  const flow = flowOf(groups, more);
  return { ...options, flows: { ...flows, [flow.id]: flow }, main: flow.id };
}

/** The whole transcript of a conversation with these groups. */
export function play(groups: Groups, script: readonly string[] = [], options: Options = {}): string[] {
  return transcript(optionsFor(groups, options), script);
}

/** The same, open to look into; started, and with the script played. */
export function begin(groups: Groups, options: Options = {}): Talk {
  const talk = new Talk(optionsFor(groups, options));
  talk.start();
  return talk;
}

export function saidBy(talk: Talk) {
  return talk.outputs.flatMap((one) => (one.kind === 'say' ? [one.message] : []));
}

export function changesOf(talk: Talk) {
  return talk.outputs.flatMap((one) => (one.kind === 'change' ? [one.change] : []));
}

export function asksOf(talk: Talk) {
  return talk.outputs.flatMap((one) => (one.kind === 'ask' ? [one.ask] : []));
}

/** `block port` of everything that was executed. */
export function tracesOf(talk: Talk): string[] {
  return talk.outputs.flatMap((one) => (one.kind === 'trace' ? [`${one.block} ${one.port}`] : []));
}

let made = 0;

/** A group of one text that ends the conversation. */
export function ends(words: string): object[] {
  made += 1;
  return [{ id: `end${made}`, type: 'text', text: words, to: { next: '@end' } }];
}
