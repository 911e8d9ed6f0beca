// How often a visitor, and all who share their address, may ask: the documented numbers, and wider ones for a site whose
// visitors share one.
import type { Limit } from '../../http/route.ts';

const minuteMs = 60_000;

export const perAddress = (name: string, max: number, sharedMax: number): Limit => ({
  name: `widget-${name}`,
  per: 'caller and address',
  max,
  sharedMax,
  windowMs: minuteMs,
});

export const perVisitor = (name: string, max: number): Limit => ({ name: `widget-${name}-visitor`, per: 'visitor', max, windowMs: minuteMs });

/** Conversations that one visitor begins; those begun with a token of its own each are counted by address. */
export const beginningPerVisitor = { name: 'widget-create-visitor', max: 3, windowMs: 60 * minuteMs };
