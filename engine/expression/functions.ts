// THE LIST of functions that expressions know beyond CEL's operators and macros. All take their subject first, so that
// each is also a pipe. They answer null to what they cannot use, and never throw.
import type { Surroundings } from '../expression.ts';
import { codeFunctions } from './functions/codes.ts';
import { dateFunctions } from './functions/dates.ts';
import { listFunctions } from './functions/lists.ts';
import { numberFunctions } from './functions/numbers.ts';
import { textFunctions } from './functions/texts.ts';
import type { Value } from './value.ts';

export type Fn = (args: Value[], around: Surroundings) => Value;
export type Functions = { [name: string]: Fn };

export const functions: Functions = { ...textFunctions, ...numberFunctions, ...dateFunctions, ...listFunctions, ...codeFunctions };
