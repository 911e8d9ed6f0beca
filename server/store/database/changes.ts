// Which tables have changed, counted: what was read from them may be remembered while the count stands still. Known only
// where this process is the only one that writes.

const reads = /^\s*(select|values|pragma|explain|begin|commit|rollback|savepoint|release)\b/i;
const writes = /^\s*(?:insert\s+into|update|delete\s+from)\s+"?(\w+)/i;
const anything = '*';

/** The table a statement writes: `*` when it cannot be told, null when it only reads. */
export function tableWritten(sql: string): string | null {
  return reads.test(sql) ? null : (writes.exec(sql)?.[1] ?? anything);
}

export class Changes {
  readonly #counts = new Map<string, number>();

  /** As soon as they are committed, before anyone hears of it. */
  note(tables: Iterable<string>): void {
    for (const table of tables) this.#counts.set(table, (this.#counts.get(table) ?? 0) + 1);
  }

  /** Another number than before, when one of these may have changed. */
  of(tables: readonly string[]): number {
    let count = this.#counts.get(anything) ?? 0;
    for (const table of tables) count += this.#counts.get(table) ?? 0;
    return count;
  }
}
