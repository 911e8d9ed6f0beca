// The gate of every value that goes to a database. Each thing refused here would be stored as something else by one
// of the two: node:sqlite takes an object or Date in first place for named parameters, stores NaN as NULL and a lone
// surrogate as U+FFFD; Postgres cannot hold U+0000; both would lose digits past 2^53, which JSON cannot carry.

/** Booleans become 0 and 1, as both databases store them. */
export function checkedParameters(parameters: readonly unknown[]): unknown[] {
  return parameters.map(checked);
}

function checked(value: unknown): unknown {
  switch (typeof value) {
    case 'string':
      return value.isWellFormed() && !value.includes('\u0000') ? value : refuse('a text with U+0000 or a lone surrogate');
    case 'number':
      return Number.isSafeInteger(value) || (Number.isFinite(value) && !Number.isInteger(value)) ? value : refuse(`the number ${value}`);
    case 'bigint':
      return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? value : refuse(`the number ${value}`);
    case 'boolean':
      return value ? 1 : 0;
    default:
      return value === null || value instanceof Uint8Array ? value : refuse(Object.prototype.toString.call(value));
  }
}

function refuse(what: string): never {
  throw new Error(`assertion failed: a database parameter must be null, text, a finite number exact in JSON, boolean or bytes, not ${what}`);
}
