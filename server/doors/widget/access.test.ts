// A visitor reads and changes their own conversations and nobody else's: every call of the door, with every credential
// that is not the right one.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { receiveFile } from '../../commands/files.ts';
import { conversationToken } from '../../commands/site-conversations.ts';
import type { Conversation } from '../../store/conversations.ts';
import type { FileRow } from '../../store/files.ts';
import type { Site } from '../../store/sites.ts';
import { databaseKinds } from '../../testing/databases.ts';
import { makeSite, type Visitor, visitorOf } from '../../testing/doubles/widget-client.ts';
import { makeWorld } from '../../testing/factories.ts';
import { call } from '../../testing/scenario.ts';
import { type TestApp, testApp } from '../../testing/test-app.ts';
import { widgetDoor } from './door.ts';

const canary = 'Canary-4f1d';

describe.each(databaseKinds)('what is someone else’s on %s', (kind) => {
  let t: TestApp;
  let site: Site;
  let sameBot: Site;
  let elsewhere: Site;
  let victim: Visitor;
  let theirs: Conversation;
  let theirMessage: number;
  let theirFile: FileRow;
  let before: string;

  beforeAll(async () => {
    t = await testApp(kind, { RATE_LIMITS: 'off' });
    const [world, other] = [await makeWorld(t.app), await makeWorld(t.app)];
    await t.app.transact((tx) => tx.deleteFrom('flow_start').where('bot_id', '>', 0).execute());
    site = await makeSite(t, world, { anonymous: 1, settings: '{"identity":"optional"}' });
    sameBot = await makeSite(t, world, { anonymous: 1 });
    elsewhere = await makeSite(t, other, { anonymous: 1 });
    victim = visitorOf(t, site);
    await victim.open({ message: canary, name: canary });
    theirs = await t.app.db.selectFrom('conversation').selectAll().where('site_id', '=', site.id).executeTakeFirstOrThrow();
    const by = { kind: 'subscriber' as const, id: theirs.subscriber_id };
    const upload = {
      workspaceId: site.workspace_id,
      botId: site.bot_id,
      conversation: theirs,
      by,
      name: `${canary}.txt`,
      bytes: [Buffer.from(canary)] as never,
    };
    theirFile = await receiveFile(t.app, upload, (row) => row);
    theirMessage = (await victim.send({ message: 'with a file', attachments: [theirFile.public_id] })).id;
    before = await rows();
  });
  afterAll(() => t.close());

  const rows = async (): Promise<string> =>
    JSON.stringify([
      await t.app.db.selectFrom('conversation').selectAll().where('id', '=', theirs.id).execute(),
      await t.app.db.selectFrom('message').selectAll().where('conversation_id', '=', theirs.id).execute(),
      await t.app.db.selectFrom('subscriber').selectAll().where('id', '=', theirs.subscriber_id).execute(),
    ]);

  /** Every call that names a conversation, or a visitor, in both forms. */
  function* calls(): Generator<{ method: 'GET' | 'POST' | 'DELETE'; path: (token: string) => string; body: unknown; isByToken: boolean }> {
    for (const route of widgetDoor.routes) {
      const isByToken = route.path.includes('{visitor_token}');
      if (!isByToken && !['/conversations', '/visitor', '/visitor/export'].includes(route.path)) continue;
      if (route.path === '/conversations' && route.method === 'POST') continue;
      const path = (token: string) =>
        route.path.replace('{visitor_token}', encodeURIComponent(token)).replace('{activity_id}', String(theirMessage)).replace('{id}', String(theirFile.id));
      const body =
        route.method === 'POST'
          ? { client_id: 'x', message: 'x', message_id: theirMessage, values: {}, on: true, up_to: 1, ...Object(route.docs.example) }
          : undefined;
      yield { method: route.method as 'GET', path, body, isByToken };
    }
  }

  test('another site’s key, an id, a hash and a made-up token open nothing, and all look alike', async () => {
    const { public_id: publicId, visitor: hash, id, subscriber_id: subscriberId } = theirs;
    const guesses = [publicId, hash, String(id), String(subscriberId), `conversation:${id}`, '', '%00', '../config', theirFile.public_id].map(String);
    const credentials: [Site, string[]][] = [
      [site, guesses],
      [sameBot, [victim.token, conversationToken(t.app, theirs), ...guesses]],
      [elsewhere, [victim.token, conversationToken(t.app, theirs), ...guesses]],
    ];
    let tried = 0;
    for (const { method, path, body, isByToken } of calls()) {
      for (const [from, tokens] of credentials) {
        for (const token of tokens) {
          for (const version of ['', '?v=2']) {
            const headers = { 'x-api-key': from.site_key, 'x-request-id': 'same', ...(isByToken ? {} : { authorization: `Visitor ${token}` }) };
            const url = `/api/v1/chat${path(token)}${version}`;
            const reply = await call(t, { method, path: url, headers, body });
            const what = `${method} ${url} of ${from.name}: ${reply.status} ${reply.text}`;
            expect(reply.status, what).toBe(404);
            expect(reply.text, what).not.toContain(canary);
            tried += 1;
          }
        }
      }
    }
    expect(tried).toBeGreaterThan(300);
    expect(await rows()).toBe(before);
  });

  test('a visitor’s own token reaches nobody else’s messages, forms and files by their ids', async () => {
    const intruder = visitorOf(t, site);
    await intruder.open({ message: 'Me' });
    for (const { method, path, body, isByToken } of calls()) {
      if (method === 'DELETE') continue;
      const headers = { 'x-api-key': site.site_key, ...(isByToken ? {} : intruder.credential) };
      // A stream has no end to wait for: its source is asked below.
      if (path('x').endsWith('/stream')) continue;
      for (const version of ['', '?v=2']) {
        const reply = await call(t, { method, path: `/api/v1/chat${path(intruder.token)}${version}`, headers, body });
        expect(reply.text, `${method} ${path(intruder.token)}`).not.toContain(canary);
      }
    }
    const refused = async (rest: string, body: unknown, status: number) => expect((await intruder.call('POST', rest, body)).status).toBe(status);
    await refused('/messages', { client_id: 'f', message: 'x', attachments: [theirFile.public_id] }, 422);
    await refused('/forms', { client_id: 'g', message_id: theirMessage, values: {} }, 404);
    expect((await intruder.call('GET', `/files/${theirMessage}/${theirFile.id}`)).text).toContain('File not found');
    expect(await rows()).toBe(before);
  });

  test('an unproved name and address open nobody’s data', async () => {
    const liar = visitorOf(t, site);
    await liar.open({ message: 'I am them', name: canary, email: 'a@example.com' });
    const claim = { visitor_token: liar.token, user_id: 'somebody', name: 'x' };
    expect((await call(t, liar.ask('POST', '/identify', claim))).json).toMatchObject({ verified: false });
    expect((await liar.list()).data.map(({ last }) => last)).toEqual(['I am them']);
  });

  test('tokens stand in no line of the log', () => {
    const lines = t.lines.join('\n');
    expect(lines).toContain('/conversations/{visitor_token}/messages');
    for (const secret of [victim.token, conversationToken(t.app, theirs), site.site_key]) expect(lines.includes(secret)).toBe(false);
  });
});
