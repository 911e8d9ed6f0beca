// What a change does to someone, as triggers are told of it: what was set back in the same transaction is no change.
import type { Value } from '@parley/engine/expression/value.ts';
import type { Happening } from '@parley/engine/trigger.ts';

export class Noticed {
  readonly #fields = new Map<string, { was: Value; is: Value }>();
  readonly #tags = new Map<string, { had: boolean; has: boolean }>();
  readonly #events: Happening[] = [];

  field(name: string, was: Value, is: Value): void {
    this.#fields.set(name, { was: this.#fields.has(name) ? (this.#fields.get(name)?.was ?? null) : was, is });
  }

  /** Of what every subscriber has, as columns of its row; an empty text is nothing. */
  columns(before: object, change: object): void {
    const row = before as { [name: string]: Value };
    for (const [name, value] of Object.entries(change)) if (name !== 'fields') this.field(name, row[name] || null, value || null);
  }

  /** `had`: those they had before anything changed. */
  tags(had: readonly string[], { add, remove }: { add: readonly string[]; remove: readonly string[] }): void {
    for (const name of add) this.#tags.set(name, { had: had.includes(name), has: true });
    for (const name of remove) this.#tags.set(name, { had: had.includes(name), has: false });
  }

  event(name: string, data: Value): void {
    this.#events.push({ type: 'event', name, data });
  }

  happened(): Happening[] {
    const happened: Happening[] = [];
    for (const [name, { was, is }] of this.#fields) {
      if (was !== is) happened.push({ type: 'field_changed', name, data: { field: name, before: was, value: is } });
    }
    for (const [name, { had, has }] of this.#tags) {
      if (had !== has) happened.push({ type: 'tag', name, on: has ? 'added' : 'removed', data: { tag: name } });
    }
    return [...happened, ...this.#events];
  }
}
