// The table of roads.ts, executed: every import of every file, static, dynamic, re-exported or of a type.
import { type Captures, fill, match, matchesAny } from '../patterns.ts';
import { type Road, roads } from '../roads.ts';
import type { Finding, Rule } from '../rule.ts';
import type { Source } from '../source.ts';

export const imports: Rule = {
  name: 'every file imports only what its row of the table allows',
  check: (tree) => tree.code.flatMap((source) => findingsOf(source)),
  planted: [
    {
      'engine/field.ts': `
        import { z } from 'zod';
        import { readFileSync } from 'node:fs'; ✗
        import type { App } from '@parley/server/app.ts'; ✗
        export type Late = import('../server/errors.ts').AppError; ✗`,
      'engine/blocks/text/text.ts': `
        import type { Flow } from '../../flow.ts';
        import { askSettings } from '../ask/ask.ts'; ✗
        import { advance } from '../../advance.ts'; ✗
        import { hint } from './hint.ts';`,
      'server/store/tags.ts': `
        import { type Kysely, sql } from 'kysely';
        import pg from 'pg'; ✗
        import { createTag } from '../commands/tags.ts'; ✗
        import type { FieldType } from '@parley/engine/field.ts';
        import { canonical } from '@parley/engine/field.ts'; ✗`,
      'server/doors/native/tags.ts': `
        import { route } from '../../http/route.ts';
        import { pageTags } from '../../store/tags.ts';
        import { shapes } from '../platform/shapes.ts'; ✗
        import { makeHandle } from '../../store/database/handle.ts'; ✗
        const late = () => import('../../jobs/worker.ts'); ✗
        export { limits } from '../../http/limits.ts'; ✗`,
      'server/commands/tags.ts': `
        // import { route } from '../http/route.ts' is not an import, and neither is this:
        const text = "import { route } from '../http/route.ts'";
        import type { Config } from '../config.ts';
        import { readConfig } from '../config.ts'; ✗`,
      'server/http/serve.ts': `
        import { findReply } from '../store/idempotency.ts';
        import { findTag } from '../store/tags.ts'; ✗`,
      'admin/pages/tags.tsx': `
        import { useState } from 'react';
        import { Button } from '@mantine/core';
        import { policies } from '../../server/auth.ts'; ✗`,
      'widget/chat.ts': `
        import type { Message } from '@parley/engine/message.ts';
        import { render } from '@parley/engine/template.ts'; ✗
        import { h } from 'preact'; ✗`,
      'server/plugins/tags.ts': `
        // A folder nobody decided on. ✗
        export const tags = 1;`,
    },
  ],
};

function findingsOf(source: Source): Finding[] {
  const { path } = source;
  const row = rowOf(path);
  if (!row)
    return [{ file: path, line: 1, what: 'stands in a place that the table of imports does not know', instead: 'one of the folders of ARCHITECTURE.md' }];
  const { road, from, captures } = row;
  return source.imports
    .filter(({ target, isType }) => !matchesAny(road.may, target, captures) && !(isType && matchesAny(road.types ?? [], target, captures)))
    .map(({ target, isType, line }) => ({
      file: path,
      line,
      what: `imports ${isType ? 'types of ' : ''}${target}, which ${fill(from, captures)} may not`,
      instead: road.instead,
    }));
}

function rowOf(path: string): { road: Road; from: string; captures: Captures } | null {
  for (const road of roads) {
    for (const from of road.from) {
      const captures = match(from, path);
      if (captures) return { road, from, captures };
    }
  }
  return null;
}
