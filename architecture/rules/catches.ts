// Faults rise to the few places that know what a fault means; a catch anywhere else hides one.
import { matchesAny } from '../patterns.ts';
import type { Finding, Rule } from '../rule.ts';
import type { Source } from '../source.ts';

/** The closed list: where a fault is caught, and what becomes of it there. */
const places: Record<string, string> = {
  'server/http/serve.ts': 'becomes the reply of the door',
  'server/http/live/**': 'closes the stream with a resumable code, or becomes the answer to a frame',
  'server/http/json.ts': "is the caller's: the body cannot be read",
  'server/egress/**': 'becomes the result of the call',
  'server/effects/*.ts': 'the one foreign call of an effect: becomes its result',
  'server/channels/*.ts': 'the one foreign call of a channel: becomes its result',
  'engine/expression.ts': 'becomes a value of the expression',
  'engine/expression/**': 'becomes a value of the expression',
  'engine/field.ts': 'is a text that is no JSON: parseJson',
  'server/store/database.ts': 'becomes 503, or ends the process',
  'server/store/database/**': 'becomes 503, a rollback, or ends the process',
  'server/config.ts': 'becomes one of the problems that stop the start',
  'server/cli.ts': 'becomes a sentence and an exit code',
  'server/cli/**': 'becomes a sentence and an exit code',
  'server/bin/**': 'becomes a sentence and an exit code',
  'admin/api.ts': 'becomes an error that a page shows',
  'widget/api.ts': 'becomes a message that was not sent',
};

/** Where `.then` takes two functions, or allSettled is asked, because a rejection is one of the answers. */
const answers: Record<string, string> = {
  'server/commands/settings.ts': 'Intl says that it does not know a time zone only by throwing',
  'server/http/admit.ts': 'a refused credential is counted and refused all the same; a note that failed is logged',
  'server/http/operators/health.ts': 'not being able to write is what is asked about',
  'server/http/idempotency.ts': 'a fault is thrown on, once it is clear that no reply is kept',
  'server/jobs/boss-queue.ts': 'what could not be taken now is found again a little later',
  'server/jobs/crew.ts': 'becomes a retry or a dead letter',
  'server/jobs/rounds.ts': 'a look that failed is logged and tried again',
  'server/jobs/run.ts': 'an answer that could not be kept is kept a moment later, or its outcome is unknown',
  'server/jobs/timers.ts': 'goes on as a job, which becomes a retry or a dead letter',
  'server/jobs/schedule.ts': 'housekeeping that failed is logged and comes round again',
  'server/effects/code/sandbox.ts': 'a thread that did not start is no thread to end',
  'server/http/limits.ts': 'without the database each node counts alone',
  'widget/launcher.ts': 'a chat that did not arrive is fetched again at the next click; where storage is forbidden nothing is known',
  'admin/**': 'a call that failed is shown to the person who made it',
};

const instead = 'the place that knows what a fault means here (server/http/serve.ts for a request): let it rise';

export const catches: Rule = {
  name: 'exceptions are caught in a closed list of places',
  check: (tree) => tree.product.filter(({ path }) => !matchesAny(Object.keys(places), path)).flatMap(findingsOf),
  planted: [
    {
      'server/http/serve.ts': 'try { run(); } catch { reply(); }',
      'server/commands/tags.ts': `
        try {
          run();
        } catch (error) { ✗
          ignore(error);
        }
        await run().catch(() => null); ✗
        await run().then(done, () => null); ✗
        await run().then(done);
        await Promise.allSettled([run()]); ✗
        try { run(); } finally { close(); }`,
      'admin/pages/tags.tsx': `
        run().then(done, showFailure);
        run().catch(ignore); ✗`,
      'server/commands/tags.test.ts': 'await run().catch(() => null);',
    },
  ],
};

function findingsOf({ path, nodes }: Source): Finding[] {
  return nodes.flatMap(({ node, line }) => {
    const what = catchOf(node);
    if (what?.startsWith('takes') && matchesAny(Object.keys(answers), path)) return [];
    return what ? [{ file: path, line, what, instead }] : [];
  });
}

function catchOf(node: Source['nodes'][number]['node']): string | null {
  if (node.type === 'CatchClause') return 'catches an exception';
  if (node.type !== 'CallExpression' || node.callee.type !== 'MemberExpression' || node.callee.property.type !== 'Identifier') return null;
  const { name } = node.callee.property;
  if (name === 'catch') return 'catches a rejection (.catch)';
  if (name === 'then' && node.arguments.length > 1) return 'takes a rejection as an answer (.then with two functions)';
  return name === 'allSettled' ? 'takes a rejection as an answer (allSettled)' : null;
}
