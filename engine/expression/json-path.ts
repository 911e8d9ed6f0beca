// JSONPath as people paste it from other tools, in the one language of every field: `$.items[*].sku` becomes
// `body.items.map(i, i.sku)`. Only what has one clear meaning there is translated; the rest is said to be too much.

/** What `$` stands for where an answer is mapped. */
const root = 'body';

export type Translated = { ok: true; cel: string } | { ok: false; problem: string };

/** A `$` never begins an expression of ours. */
export function isJsonPath(text: string): boolean {
  return /^\s*\$\s*([.[]|$)/.test(text);
}

/** The same as an expression where it can be said, else what was written: the linter then says why. */
export function withoutJsonPath(text: string): string {
  const found = isJsonPath(text) ? translate(text) : null;
  return found?.ok ? found.cel : text;
}

export function translate(text: string): Translated {
  const steps = stepsOf(text.trim().slice(1).trim());
  if (typeof steps === 'string') return { ok: false, problem: steps };
  let cel = root;
  for (const [at, step] of steps.entries()) {
    if (step.kind === 'all') {
      const rest = steps.slice(at + 1);
      if (rest.some((one) => one.kind === 'all' || one.kind === 'filter' || one.kind === 'slice')) return { ok: false, problem: tooDeep };
      return { ok: true, cel: rest.length === 0 ? cel : `${cel}.map(i, ${rest.reduce(withStep, 'i')})` };
    }
    if (step.kind === 'filter' || step.kind === 'slice') {
      const rest = steps.slice(at + 1);
      const list = withStep(cel, step);
      if (rest.some((one) => one.kind !== 'member' && one.kind !== 'item')) return { ok: false, problem: tooDeep };
      return { ok: true, cel: rest.length === 0 ? list : `${list}.map(i, ${rest.reduce(withStep, 'i')})` };
    }
    cel = withStep(cel, step);
  }
  return { ok: true, cel };
}

const tooDeep = 'a list inside a list cannot be taken apart at once; write it as body.orders.map(i, i.items)';

type Step =
  | { kind: 'member'; name: string }
  | { kind: 'item'; at: number }
  | { kind: 'slice'; from: string; to: string }
  | { kind: 'filter'; test: string }
  | { kind: 'all' };

function withStep(cel: string, step: Step): string {
  switch (step.kind) {
    case 'member':
      return /^[A-Za-z_]\w*$/.test(step.name) ? `${cel}.${step.name}` : `${cel}[${JSON.stringify(step.name)}]`;
    case 'item':
      return `${cel}[${step.at}]`;
    case 'slice':
      return `slice(${cel}, ${step.from === '' ? 0 : step.from}${step.to === '' ? '' : `, ${step.to}`})`;
    case 'filter':
      return `${cel}.filter(i, ${step.test})`;
    case 'all':
      return cel;
  }
}

/** One after the other, or a sentence about the first that cannot be read. */
function stepsOf(path: string): Step[] | string {
  const steps: Step[] = [];
  for (let at = 0; at < path.length; ) {
    const rest = path.slice(at);
    if (rest.startsWith('..')) return 'JSONPath may not search at any depth (..): name the way to the value';
    const found = memberAt(rest) ?? bracketAt(rest);
    if (found === null) return `this part of the JSONPath cannot be read: ${rest.slice(0, 60)}`;
    if (found.step === null) return `this filter cannot be read: ${rest.slice(0, found.length).slice(0, 60)}`;
    steps.push(found.step);
    at += found.length;
  }
  return steps;
}

type Found = { step: Step | null; length: number };

function memberAt(rest: string): Found | null {
  const [all, name = ''] = /^\.\s*(\*|[\p{L}_$@-][\p{L}\p{N}_$@-]*)/u.exec(rest) ?? [];
  if (all === undefined) return null;
  return { step: name === '*' ? { kind: 'all' } : { kind: 'member', name }, length: all.length };
}

function bracketAt(rest: string): Found | null {
  const shapes: [RegExp, (found: RegExpExecArray) => Step | null][] = [
    [/^\[\s*\*\s*\]/, () => ({ kind: 'all' })],
    [/^\[\s*(-?\d{1,9})\s*\]/, ([, at]) => ({ kind: 'item', at: Number(at) })],
    [/^\[\s*(-?\d{0,9})\s*:\s*(-?\d{0,9})\s*\]/, ([, from = '', to = '']) => ({ kind: 'slice', from, to })],
    [/^\[\s*'((?:[^'\\]|\\.)*)'\s*\]/, ([, name = '']) => ({ kind: 'member', name: unescaped(name) })],
    [/^\[\s*"((?:[^"\\]|\\.)*)"\s*\]/, ([, name = '']) => ({ kind: 'member', name: unescaped(name) })],
    [
      /^\[\s*\?\s*\(?((?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^"'[\]()]|\[[^\]]*\])*)\)?\s*\]/,
      ([, test = '']) => {
        const translated = testOf(test.trim());
        return translated === null ? null : { kind: 'filter', test: translated };
      },
    ],
  ];
  for (const [shape, make] of shapes) {
    const found = shape.exec(rest);
    if (found) return { step: make(found), length: found[0].length };
  }
  return null;
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/g, '$1');
}

// Comparisons joined by && and ||, with `@` for the item; a name alone asks whether it is there.
function testOf(test: string): string | null {
  const parts = test.split(/(&&|\|\|)/);
  const made = parts.map((part) => {
    if (part === '&&' || part === '||') return ` ${part} `;
    const [, isNot = '', left = '', op = '', right = ''] = /^\s*(!?)\s*(@[^=<>!\s]*)\s*(?:(==|!=|<=|>=|<|>)\s*(.+?))?\s*$/.exec(part) ?? [];
    const subject = itemOf(left);
    if (subject === null) return null;
    if (op === '') return isNot === '!' ? `${subject} == null` : `${subject} != null`;
    const value = right.startsWith('@') ? itemOf(right) : literalOf(right);
    return value === null || isNot !== '' ? null : `${subject} ${op} ${value}`;
  });
  return made.includes(null) ? null : made.join('');
}

function itemOf(path: string): string | null {
  const steps = path.startsWith('@') ? stepsOf(path.slice(1)) : '';
  if (typeof steps === 'string' || steps.some((one) => one.kind !== 'member' && one.kind !== 'item')) return null;
  return steps.reduce(withStep, 'i');
}

function literalOf(text: string): string | null {
  if (/^(-?\d+(\.\d+)?|true|false|null)$/.test(text)) return text;
  const [, single, double] = /^(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")$/.exec(text) ?? [];
  const quoted = single ?? double;
  return quoted === undefined ? null : JSON.stringify(unescaped(quoted));
}
