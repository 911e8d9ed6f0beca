// The one language of every field: CEL, parsed by cel-js and walked here with plain doubles and null for what is
// missing. It never throws, ends within a budget, and reaches nothing but the values it is given. Pipes
// (`x | default("y") | upper`) are calls with the value first.
import { type ASTNode, Environment } from '@marcbachmann/cel-js';
import { functions } from './expression/functions.ts';
import { isJsonPath, translate } from './expression/json-path.ts';
import { nameOf, renamed, withoutPipes } from './expression/pipes.ts';
import { compareValues, isSame, isTrue, member, numberOf, textOf, type Value } from './expression/value.ts';

/** What functions may draw on besides their arguments; given by the turn, so that a replay repeats. */
export type Surroundings = {
  now: number;
  timeZone: string;
  language: string;
  /** The next random number in [0, 1) of this turn. */
  random: () => number;
  isOpen: (at: number) => boolean;
  /** The next moment the business is open, from `at` on; null when it never opens. */
  nextOpen: (at: number) => number | null;
  /** What all expressions together may still cost, where that is bounded; below zero every one of them is null. */
  work?: { left: number };
};

export type Scope = { [name: string]: Value | undefined };

export type Compiled = { ok: true; ast: ASTNode; source: string } | { ok: false; problem: string; at: number; source: string };

const maxNodes = 10_000;
const maxUnits = 256 * 1024;
/** What functions may read in all: a hash or a pattern over a long text, again for every item of a list. */
const maxRead = 4 * 1024 * 1024;
const maxKept = 2_000;

const parser = new Environment({
  unlistedVariablesAreDyn: true,
  limits: { maxAstNodes: maxNodes, maxDepth: 64, maxListElements: 1000, maxMapEntries: 1000, maxCallArguments: 32 },
});

// Parsing costs far more than walking, and a flow asks the same expressions at every turn.
const kept = new Map<string, Compiled>();

export function compile(source: string): Compiled {
  const known = kept.get(source);
  if (known) return known;
  const compiled = parse(source);
  if (kept.size >= maxKept) kept.delete(kept.keys().next().value ?? '');
  kept.set(source, compiled);
  return compiled;
}

function parse(source: string): Compiled {
  if (source.length > 20_000) return { ok: false, problem: 'the expression is too long', at: 0, source };
  const plain = withoutPipes(source);
  if (isJsonPath(source)) {
    const found = translate(source);
    return { ok: false, problem: found.ok ? `this is JSONPath; write ${found.cel}` : found.problem, at: 0, source };
  }
  if (plain === null) return { ok: false, problem: 'after | comes a function, and at most 32 of them follow each other', at: 0, source };
  try {
    return { ok: true, ast: parser.parse(renamed(plain)).ast, source };
  } catch (error) {
    const text = error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'it cannot be read';
    const at = (error as { range?: { start?: number } }).range?.start ?? 0;
    return { ok: false, problem: text, at, source };
  }
}

/** The value, or null for anything that has none: a missing name, a wrong kind, an exhausted budget. */
export function evaluate(compiled: Compiled, scope: Scope, around: Surroundings): Value {
  if (!compiled.ok) return null;
  const { work } = around;
  if (work !== undefined && work.left < 0) return null;
  const walk = new Walk(around);
  const value = walk.value(compiled.ast, scope);
  if (work !== undefined) work.left -= walk.cost;
  return walk.isSpent ? null : value;
}

export function evaluateText(source: string, scope: Scope, around: Surroundings): Value {
  return evaluate(compile(source), scope, around);
}

/** The names an expression reads, for the linter and the variable picker: `total`, and of a member `order.total`. */
export function namesIn(compiled: Compiled): string[] {
  const names = new Set<string>();
  const visit = (node: ASTNode, bound: readonly string[]): void => {
    if (node.op === 'id') {
      if (!bound.includes(nameOf(node.args))) names.add(nameOf(node.args));
      return;
    }
    const owner = node.op === '.' || node.op === '.?' ? node.args[0] : null;
    if (owner?.op === 'id') {
      if (!bound.includes(nameOf(owner.args))) names.add(`${nameOf(owner.args)}.${(node as { args: [ASTNode, string] }).args[1]}`);
      return;
    }
    const inner = node.op === 'rcall' && macros.has(node.args[0]) ? boundNames(node.args[2], bound) : bound;
    for (const child of childrenOf(node)) visit(child, inner);
  };
  if (compiled.ok) visit(compiled.ast, []);
  return [...names];
}

/** The functions an expression calls; the linter names unknown ones. */
export function callsIn(compiled: Compiled): string[] {
  const calls = new Set<string>();
  const visit = (node: ASTNode): void => {
    if (node.op === 'call' || node.op === 'rcall') calls.add(node.args[0]);
    for (const child of childrenOf(node)) visit(child);
  };
  if (compiled.ok) visit(compiled.ast);
  return [...calls];
}

export function isKnownFunction(name: string): boolean {
  return macros.has(name) || name === 'has' || Object.hasOwn(functions, name);
}

function boundNames(args: ASTNode[], bound: readonly string[]): readonly string[] {
  const name = args[0];
  return name?.op === 'id' ? [...bound, nameOf(name.args)] : bound;
}

function childrenOf(node: ASTNode): ASTNode[] {
  const found: ASTNode[] = [];
  const collect = (part: unknown): void => {
    if (Array.isArray(part)) for (const one of part) collect(one);
    else if (part !== null && typeof part === 'object' && 'op' in part) found.push(part as ASTNode);
  };
  collect(node.args);
  return found;
}

const macros = new Set(['map', 'filter', 'exists', 'all', 'exists_one']);

class Walk {
  readonly #around: Surroundings;
  #nodes = 0;
  #units = 0;
  #read = 0;

  constructor(around: Surroundings) {
    this.#around = around;
  }

  get isSpent(): boolean {
    return this.#nodes > maxNodes || this.#units > maxUnits || this.#read > maxRead;
  }

  /** In nodes: what functions read is cheaper by the letter. */
  get cost(): number {
    return this.#nodes + this.#read / 16;
  }

  value(node: ASTNode, scope: Scope): Value {
    this.#nodes += 1;
    if (this.isSpent) return null;
    switch (node.op) {
      case 'value':
        return literal(node.args);
      case 'id':
        return lookUp(scope, nameOf(node.args));
      case '.':
      case '.?':
        return member(this.value(node.args[0], scope), node.args[1]);
      case '[]':
      case '[?]':
        return item(this.value(node.args[0], scope), this.value(node.args[1], scope));
      case 'list':
        return this.#sized(node.args.map((one) => this.value(one, scope)));
      case 'map':
        return this.#sized(Object.fromEntries(node.args.map(([key, one]) => [textOf(this.value(key, scope)), this.value(one, scope)])));
      case '?:':
        return isTrue(this.value(node.args[0], scope)) ? this.value(node.args[1], scope) : this.value(node.args[2], scope);
      case '&&':
        return isTrue(this.value(node.args[0], scope)) && isTrue(this.value(node.args[1], scope));
      case '||':
        return isTrue(this.value(node.args[0], scope)) || isTrue(this.value(node.args[1], scope));
      case '!_':
        return !isTrue(this.value(node.args, scope));
      case '-_': {
        const number = numberOf(this.value(node.args, scope));
        return number === null ? null : 0 - number;
      }
      case 'call':
        return this.#call(node.args[0], node.args[1], scope);
      case 'rcall':
        return this.#method(node.args[0], node.args[1], node.args[2], scope);
      default: {
        const [left, right] = node.args as [ASTNode, ASTNode];
        return this.#sized(binary(node.op, this.value(left, scope), this.value(right, scope)));
      }
    }
  }

  #call(name: string, args: ASTNode[], scope: Scope): Value {
    if (name === 'has') return args[0] !== undefined && this.value(args[0], scope) !== null;
    return this.#apply(
      name,
      args.map((one) => this.value(one, scope)),
    );
  }

  #method(name: string, receiver: ASTNode, args: ASTNode[], scope: Scope): Value {
    const subject = this.value(receiver, scope);
    if (macros.has(name)) return this.#macro(name, subject, args, scope);
    return this.#apply(name, [subject, ...args.map((one) => this.value(one, scope))]);
  }

  #apply(name: string, args: Value[]): Value {
    const known = Object.hasOwn(functions, name) ? functions[name as keyof typeof functions] : undefined;
    if (!known) return null;
    for (const one of args) this.#read += typeof one === 'string' || Array.isArray(one) ? one.length : 1;
    return this.isSpent ? null : this.#sized(known(args, this.#around));
  }

  #macro(name: string, subject: Value, args: ASTNode[], scope: Scope): Value {
    const items = Array.isArray(subject) ? subject : subject !== null && typeof subject === 'object' ? Object.keys(subject) : [];
    const [variable, body, then] = args;
    if (variable?.op !== 'id' || !body) return null;
    const inner: Scope = { ...scope };
    const test = (one: Value): Value => {
      inner[nameOf(variable.args)] = one;
      return this.value(body, inner);
    };
    if (name === 'exists') return items.some((one) => isTrue(test(one)));
    if (name === 'all') return items.every((one) => isTrue(test(one)));
    if (name === 'exists_one') return items.filter((one) => isTrue(test(one))).length === 1;
    if (name === 'filter') return items.filter((one) => isTrue(test(one)));
    const mapped =
      then === undefined
        ? items.map(test)
        : items
            .filter((one) => isTrue(test(one)))
            .map((one) => {
              inner[nameOf(variable.args)] = one;
              return this.value(then, inner);
            });
    return this.#sized(mapped);
  }

  // Text and lists made on the way count against the budget, so that doubling a text a few times ends in null.
  #sized(value: Value): Value {
    if (typeof value === 'string') this.#units += value.length;
    else if (Array.isArray(value)) this.#units += value.length * 8;
    // JSON knows neither infinity nor a zero below zero.
    else if (typeof value === 'number') return Number.isFinite(value) && !this.isSpent ? value + 0 : null;
    return this.isSpent ? null : value;
  }
}

function lookUp(scope: Scope, name: string): Value {
  return Object.hasOwn(scope, name) ? (scope[name] ?? null) : null;
}

function literal(value: unknown): Value {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (value instanceof Uint8Array) return String.fromCharCode(...value.slice(0, 1000));
  const unsigned = (value as { value?: unknown; valueOf(): unknown }).valueOf();
  return typeof unsigned === 'bigint' ? Number(unsigned) : typeof unsigned === 'number' ? unsigned : null;
}

function item(value: Value, key: Value): Value {
  if (Array.isArray(value)) {
    const at = numberOf(key);
    if (at === null || !Number.isInteger(at)) return null;
    return value[at < 0 ? value.length + at : at] ?? null;
  }
  if (typeof value === 'string') {
    const at = numberOf(key);
    return at === null ? null : ([...value][at] ?? null);
  }
  return member(value, textOf(key));
}

function binary(op: string, left: Value, right: Value): Value {
  switch (op) {
    case '==':
      return isSame(left, right);
    case '!=':
      return !isSame(left, right);
    case 'in':
      return isIn(left, right);
    case '+':
      return add(left, right);
    case '<':
    case '<=':
    case '>':
    case '>=':
      return compareBy(op, left, right);
    default:
      return arithmetic(op, left, right);
  }
}

function add(left: Value, right: Value): Value {
  if (Array.isArray(left) && Array.isArray(right)) return [...left, ...right];
  if (typeof left === 'number' && typeof right === 'number') return left + right;
  if (typeof left === 'string' || typeof right === 'string') return `${textOf(left)}${textOf(right)}`;
  return arithmetic('+', left, right);
}

function arithmetic(op: string, left: Value, right: Value): Value {
  const a = numberOf(left);
  const b = numberOf(right);
  if (a === null || b === null) return null;
  const result = op === '+' ? a + b : op === '-' ? a - b : op === '*' ? a * b : op === '/' ? a / b : op === '%' ? a % b : Number.NaN;
  return Number.isFinite(result) ? result : null;
}

function compareBy(op: string, left: Value, right: Value): Value {
  const order = compareValues(left, right);
  if (order === null) return false;
  return op === '<' ? order < 0 : op === '<=' ? order <= 0 : op === '>' ? order > 0 : order >= 0;
}

function isIn(left: Value, right: Value): boolean {
  if (Array.isArray(right)) return right.some((one) => isSame(left, one));
  if (typeof right === 'string') return right.includes(textOf(left));
  return right !== null && typeof right === 'object' && Object.hasOwn(right, textOf(left));
}
