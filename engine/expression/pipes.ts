// What people write before it is CEL: pipes, which are calls with the value first (`x | default("y") | upper` is
// `upper(default(x, "y"))`, in brackets too), and names that CEL keeps for itself.

/** Deeper brackets stay as they are: the parser refuses them. */
const maxNesting = 64;
/** Each pipe is a call around what stands before it. */
const maxPipes = 32;

/** Null for more pipes than anyone needs, or one that leads into no function. */
export function withoutPipes(source: string, depth = 0): string | null {
  if (!source.includes('|')) return source;
  let text = '';
  for (const part of parts(source, depth === 0 ? '' : ',:')) {
    const [head = '', ...pipes] = parts(part.text, '|').map((one) => inBrackets(one.text, depth));
    if (pipes.length > maxPipes || (pipes.length > 0 && head?.trim() === '')) return null;
    const piped = pipes.reduce<string | null>((value, pipe) => (value === null || pipe === null ? null : called(pipe, value)), head);
    if (piped === null) return null;
    text += piped + part.end;
  }
  return text;
}

function called(pipe: string, value: string): string | null {
  const found = /^\s*([A-Za-z_]\w*)\s*(?:\(([\s\S]*)\)\s*)?$/.exec(pipe);
  if (!found) return null;
  const rest = found[2]?.trim() ?? '';
  return `${found[1]}(${value}${rest === '' ? '' : `, ${rest}`})`;
}

/** The same with the pipes inside its outermost brackets resolved. */
function inBrackets(source: string, depth: number): string | null {
  if (depth >= maxNesting || !source.includes('|')) return source;
  let text = '';
  let from = 0;
  for (const { open, close } of brackets(source)) {
    const inner = withoutPipes(source.slice(open + 1, close), depth + 1);
    if (inner === null) return null;
    text += source.slice(from, open + 1) + inner;
    from = close;
  }
  return text + source.slice(from);
}

/** Outermost pairs of brackets, outside quotes. */
function brackets(source: string): { open: number; close: number }[] {
  const found: { open: number; close: number }[] = [];
  let open = -1;
  walk(source, (at, depth) => {
    if (depth === 1 && open === -1 && '([{'.includes(source[at] ?? '')) open = at;
    else if (depth === 0 && open !== -1) {
      found.push({ open, close: at });
      open = -1;
    }
  });
  return found;
}

/** Split at any of the signs, outside quotes and brackets; `||` stays CEL's own, and a sign is given back as `end`. */
function parts(source: string, signs: string): { text: string; end: string }[] {
  const found: { text: string; end: string }[] = [];
  let from = 0;
  walk(source, (at, depth) => {
    const sign = source[at] as string;
    if (depth !== 0 || !signs.includes(sign) || (sign === '|' && (source[at + 1] === '|' || source[at - 1] === '|'))) return;
    found.push({ text: source.slice(from, at), end: sign });
    from = at + 1;
  });
  return [...found, { text: source.slice(from), end: '' }];
}

/** Every sign outside quotes, with how many brackets are open after it. */
function walk(source: string, visit: (at: number, depth: number) => void): void {
  let depth = 0;
  let quote = '';
  for (let at = 0; at < source.length; at += 1) {
    const sign = source[at] as string;
    if (quote !== '') {
      if (sign === '\\') at += 1;
      else if (sign === quote) quote = '';
      continue;
    }
    if (sign === '"' || sign === "'") quote = sign;
    else if ('([{'.includes(sign)) depth += 1;
    else if (')]}'.includes(sign)) depth -= 1;
    visit(at, depth);
  }
}

// CEL keeps these words for itself, but `loop` is ours and an author may call a variable `package`. They are renamed for
// the parser and read back where names are looked up.
const reserved = 'as|break|const|continue|else|for|function|if|import|let|loop|namespace|package|return|var|void|while';
const reservedNames = new RegExp(`("(?:[^"\\\\]|\\\\.)*"|'(?:[^'\\\\]|\\\\.)*')|(?<![\\w.])(${reserved})(?![\\w(])`, 'g');

export function renamed(source: string): string {
  return source.replace(reservedNames, (all, quoted: string | undefined, name: string) => (quoted === undefined ? `r__${name}` : all));
}

export function nameOf(identifier: string): string {
  return identifier.startsWith('r__') ? identifier.slice(3) : identifier;
}
