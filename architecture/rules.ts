// THE LIST of rules. A new one is a file in rules/ and a line here; it comes with planted trees that it must judge.
import type { Rule } from './rule.ts';
import { brand } from './rules/brand.ts';
import { catches } from './rules/catches.ts';
import { circles } from './rules/circles.ts';
import { comments } from './rules/comments.ts';
import { committed } from './rules/committed.ts';
import { environment } from './rules/environment.ts';
import { flags } from './rules/flags.ts';
import { imports } from './rules/imports.ts';
import { completeness } from './rules/lists.ts';
import { machines } from './rules/machines.ts';
import { mapped } from './rules/map.ts';
import { migrationOrder } from './rules/migrations.ts';
import { names } from './rules/names.ts';
import { outbound } from './rules/outbound.ts';
import { packages } from './rules/packages.ts';
import { purity } from './rules/purity.ts';
import { queries } from './rules/queries.ts';
import { routes } from './rules/routes.ts';
import { sizes } from './rules/sizes.ts';
import { syntax } from './rules/syntax.ts';
import { tenants } from './rules/tenants.ts';
import { tests } from './rules/tests.ts';
import { translated } from './rules/translated.ts';
import { vocabulary } from './rules/words.ts';

export const rules: readonly Rule[] = [
  imports,
  circles,
  packages,
  outbound,
  purity,
  environment,
  catches,
  routes,
  queries,
  tenants,
  completeness,
  migrationOrder,
  machines,
  sizes,
  names,
  vocabulary,
  brand,
  translated,
  syntax,
  flags,
  comments,
  tests,
  mapped,
  committed,
];
