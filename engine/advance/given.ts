// What a flow begins with: its variables and parameters, as they were handed over or else as it declares them.
import { isShallow, type Value } from '../expression/value.ts';
import type { Flow } from '../flow.ts';
import type { Vars } from '../session.ts';

/** Values that variables have before anyone sets them. */
export function defaultsOf(variables: { [name: string]: { default?: Value | undefined } } | undefined, given: Vars = {}): Vars {
  const values: Vars = {};
  for (const [name, one] of Object.entries(variables ?? {})) {
    const value = (Object.hasOwn(given, name) ? given[name] : null) ?? one.default;
    if (value !== undefined) values[name] = value;
  }
  return values;
}

/** Those that a flow declares, and `trigger`: what set it off needs no declaration. */
export function paramsOf(flow: Pick<Flow, 'params'>, given: Vars): Vars {
  const trigger = Object.hasOwn(given, 'trigger') ? given.trigger : undefined;
  return { ...(trigger === undefined ? {} : { trigger }), ...defaultsOf(flow.params, given) };
}

/** What came from outside may be nested deeper than anyone could walk. */
export function bounded(values: Vars): Vars {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, isShallow(value) ? value : null]));
}
