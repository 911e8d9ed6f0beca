// Who may import whom: the table of ARCHITECTURE.md. The first row with a `from` that matches a file is that file's row.
// A path stands for our own files, `node:…` for Node, anything else for a package; `types` is for type-only imports.

export type Road = {
  from: readonly string[];
  may: readonly string[];
  types?: readonly string[];
  /** Where a line that needs something else belongs instead; read after "belongs in". */
  instead: string;
};

const app = 'server/app.ts';
const auth = 'server/auth.ts';
const config = 'server/config.ts';
const errors = 'server/errors.ts';
const events = 'server/events.ts';
const secrets = 'server/secrets.ts';
const live = 'server/live.ts';
const store = 'server/store/*.ts';
const egress = 'server/egress/**';
const node = 'node:**';
const everything = ['**', node];
/** Of those that package.json names, to which rules/packages.ts holds every file. */
const anyPackage = ['*', '@*/*', node];

export const roads: readonly Road[] = [
  // What puts the parts together, tests them or measures them.
  { from: ['server/main.ts', 'server/cli.ts', 'server/cli/**', 'server/testing/**', 'bench/**', 'scripts/**'], may: everything, instead: 'anywhere at all' },
  { from: ['engine/**/*.test.ts'], may: ['engine/**', 'examples/**', ...anyPackage], instead: 'a test of the server: the engine must be testable alone' },
  {
    from: ['server/**/*.test.ts', 'docs/**/*.test.ts'],
    may: ['server/**', 'engine/**', 'examples/**', 'docs/**', 'scripts/**', 'bench/**', ...anyPackage],
    types: ['widget/wire.ts'],
    instead: 'a test beside what it tests',
  },
  {
    from: ['<page>/**/*.test.ts', '<page>/**/*.test.tsx'],
    may: ['<page>/**', 'engine/**', 'server/testing/**', ...anyPackage],
    instead: 'server/testing/, where the real app is started for a page or a client',
  },
  {
    from: ['server/bin/**'],
    may: ['server/cli.ts', 'scripts/ensure-node.mjs', 'scripts/server-entry.mjs', node],
    instead: 'server/cli/: the launcher is read by a Node that is too old for anything else',
  },
  {
    from: ['architecture/**'],
    may: ['architecture/**', 'vite', node],
    instead: 'a test beside what it looks at: the referee reads the house and uses none of it',
  },
  { from: ['*'], may: ['architecture/**', 'scripts/**', ...anyPackage], instead: 'a workspace: the root holds only configuration' },

  // engine/: pure.
  {
    from: ['engine/blocks/<block>/**'],
    may: [
      'engine/block.ts',
      'engine/block/*.ts',
      'engine/message.ts',
      'engine/effect.ts',
      'engine/template.ts',
      'engine/condition.ts',
      'engine/expression/**',
      'engine/blocks/<block>/**',
      'zod',
    ],
    types: ['engine/flow.ts'],
    instead: 'engine/block.ts, when every block needs it: a block knows no other block and not the engine that runs it',
  },
  { from: ['engine/blocks.ts'], may: ['engine/*.ts', 'engine/blocks/**'], types: ['zod'], instead: 'the block itself: this is a list' },
  {
    from: ['engine/**'],
    may: ['engine/*.ts', 'engine/*/*.ts', 'engine/expression/functions/*.ts', 'zod', '@marcbachmann/cel-js', 're2js', 'temporal-polyfill', 'libphonenumber-js'],
    instead: 'server/commands/, with its result handed to the engine as an input: the engine does no I/O and names no block',
  },

  // server/: storage.
  {
    from: ['server/store/migrations/**'],
    may: [],
    types: ['server/store/migrations.ts'],
    instead: 'server/store/: a migration is frozen and must not change when code does',
  },
  { from: ['server/store/migrations.ts'], may: ['server/store/migrations/*.ts'], instead: 'server/store/database/: this is a list' },
  {
    from: ['server/store/database/postgres.ts'],
    may: ['server/store/**', errors, 'kysely', 'pg', node],
    instead: 'a command (server/commands/): the store runs SQL and nothing else',
  },
  {
    from: ['server/store/database.ts', 'server/store/database/**'],
    may: ['server/store/**', errors, 'kysely', node],
    instead: 'a command (server/commands/); a driver belongs in server/store/database/postgres.ts',
  },
  {
    from: ['server/store/**'],
    may: [store, errors, 'kysely'],
    types: ['engine/**'],
    instead: 'a command (server/commands/) that calls the store; what depends on the database belongs in server/store/database/',
  },

  // server/: the world outside.
  {
    from: ['server/egress/**'],
    may: [egress, errors, 'undici', 'ipaddr.js', 'nodemailer', node],
    types: [app, config],
    instead: 'the channel or effect that calls egress',
  },
  {
    from: ['server/channels/<name>.ts', 'server/channels/<name>/**'],
    may: ['server/channels/<name>/**', egress, errors, 'zod', 'node:crypto'],
    types: ['engine/**', app, 'server/channels.ts'],
    instead: 'server/jobs/, which hands a channel what it needs and stores what it answers; channels do not know each other',
  },
  {
    from: ['server/effects/<name>.ts', 'server/effects/<name>/**'],
    may: [
      'server/effects/<name>/**',
      egress,
      errors,
      'zod',
      'ai',
      '@ai-sdk/openai-compatible',
      'quickjs-emscripten-core',
      '@jitl/quickjs-wasmfile-release-sync',
      node,
    ],
    types: ['engine/**', app, 'server/effects.ts'],
    instead: 'server/jobs/, which hands an effect its credential and stores its result; effects do not know each other',
  },
  {
    from: ['server/files/<name>.ts'],
    may: [egress, errors, 'aws4fetch', node],
    types: [app, config, 'server/files.ts'],
    instead: 'a command (server/commands/) that calls the file store',
  },

  // server/: what is done, and who asks for it.
  {
    from: ['server/commands/**'],
    may: ['server/commands/**', 'engine/**', 'examples/*.flow.json', store, app, events, errors, auth, secrets, live, 'zod', 'node:crypto', 'node:util'],
    types: [config],
    instead: 'the door, when it is about HTTP; server/jobs/, when it leaves the process',
  },
  {
    from: ['server/jobs/**'],
    may: [
      'server/jobs/**',
      'server/commands/**',
      'server/channels.ts',
      'server/effects.ts',
      store,
      'engine/**',
      app,
      events,
      errors,
      auth,
      'pg-boss',
      'croner',
      node,
    ],
    types: [config],
    instead: 'a command (server/commands/), which both a door and a job may call',
  },
  {
    from: ['server/doors/<door>/**'],
    may: ['server/doors/<door>/**', 'server/http/route.ts', 'server/commands/**', store, 'engine/**', app, auth, errors, events, secrets, 'zod'],
    types: [config, live],
    instead: 'a command (server/commands/), which this and any other door may call',
  },
  {
    from: ['server/http/**'],
    may: [
      'server/http/**',
      'server/doors.ts',
      'server/store/idempotency.ts',
      'server/store/rate-limits.ts',
      'server/package.json',
      app,
      auth,
      errors,
      'fastify',
      '@fastify/*',
      'ws',
      'prom-client',
      'zod',
      node,
    ],
    types: [events, config, live, 'server/store/database.ts'],
    instead: 'a door (server/doors/), which calls commands: http/ carries requests and knows no resource',
  },

  // server/: the single files at its top, from the ground up.
  { from: [errors], may: [], instead: 'the file that throws: everyone may import errors, so it imports nobody' },
  { from: [secrets], may: [errors, node], instead: 'the command that uses the secret' },
  { from: [config], may: [errors, secrets, 'zod', node], instead: 'server/main.ts, which has the configuration and everything else' },
  { from: [app], may: [], types: ['server/**'], instead: 'server/main.ts: app.ts is a type' },
  { from: ['server/log.ts'], may: [], types: [app, config], instead: 'the caller, which passes what it wants logged' },
  { from: [auth], may: [store, errors, 'node:crypto', 'node:zlib'], instead: 'the door that authenticates' },
  { from: [events], may: [store, live], types: [app, 'engine/**'], instead: 'the command that records the event' },
  { from: ['server/doors.ts'], may: ['server/doors/*/door.ts'], types: ['server/http/route.ts'], instead: 'the door itself: this is a list' },
  { from: ['server/live.ts'], may: [], types: ['server/store/database.ts'], instead: 'whoever listens: it tells that something happened, never what' },
  {
    from: ['server/<list>.ts'],
    may: ['server/<list>/*.ts'],
    types: ['engine/**', app, config, 'server/<list>/**', 'node:stream'],
    instead: 'the channel, effect or file store itself: this is a list',
  },

  // The pages and programs of others.
  { from: ['admin/**'], may: ['admin/**', 'engine/**', '*', '@*/*'], instead: 'a call of /v1: the console is a client like any other' },
  { from: ['widget/**'], may: ['widget/**'], types: ['engine/**'], instead: "widget/ itself, in a few lines: a stranger's page pays for every byte" },
  { from: ['sdk/**'], may: ['sdk/**'], instead: 'sdk/ itself: it is published alone' },
  { from: ['examples/**'], may: ['engine/**'], instead: 'a flow, which needs no code' },
];
