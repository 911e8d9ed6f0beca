import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createFlow, publishFlow } from '../../commands/flows.ts';
import { giveSign } from '../../live.ts';
import type { Conversation } from '../../store/conversations.ts';
import type { Site } from '../../store/sites.ts';
import { databaseKinds } from '../../testing/databases.ts';
import { readStream } from '../../testing/doubles/readers.ts';
import { makeSite, type Visitor, visitorOf } from '../../testing/doubles/widget-client.ts';
import { makeWorld, type World } from '../../testing/factories.ts';
import { call } from '../../testing/scenario.ts';
import { type TestApp, testApp } from '../../testing/test-app.ts';

const trip = {
  format: 'flow/1',
  id: 'trip',
  name: 'trip',
  vars: { trip: { type: 'object' } },
  triggers: { go: { type: 'start', to: 'ask' } },
  groups: {
    ask: {
      blocks: [
        {
          id: 'f',
          type: 'form',
          text: 'Your trip',
          save: 'trip',
          fields: [
            { id: 'city', kind: 'text', label: 'City' },
            { id: 'nights', kind: 'number', label: 'Nights', required: false },
            {
              id: 'board',
              kind: 'choice',
              label: 'Board',
              required: false,
              options: [
                { id: 'half', label: 'Half' },
                { id: 'full', label: 'Full' },
              ],
            },
          ],
        },
        { id: 'done', type: 'text', text: '{{ trip.city }} it is.', to: { next: '@end' } },
      ],
    },
  },
};

const papers = {
  format: 'flow/1',
  id: 'papers',
  name: 'papers',
  vars: { all: { type: 'object' } },
  triggers: { go: { type: 'start', to: 'ask' } },
  groups: {
    ask: {
      blocks: [
        {
          id: 'f',
          type: 'form',
          text: 'Your papers',
          save: 'all',
          fields: [
            { id: 'bill', kind: 'file', label: 'Bill' },
            { id: 'photo', kind: 'file', label: 'Photo', required: false },
            { id: 'note', kind: 'text', label: 'Note', required: false },
          ],
        },
        { id: 'done', type: 'text', text: '{{ all.bill.name }}, {{ all.photo.name }}', to: { next: '@end' } },
      ],
    },
  },
};

describe.each(databaseKinds)('what visitors do on %s', (kind) => {
  let t: TestApp;
  let world: World;
  let site: Site;
  let url: string;
  let visitor: Visitor;

  beforeAll(async () => {
    t = await testApp(kind, { RATE_LIMITS: 'off' });
    world = await makeWorld(t.app);
    const tenant = { workspaceId: world.workspace.id, botId: world.bot.id, role: 'owner' as const };
    await t.app.transact(async (tx) => {
      await tx.deleteFrom('flow_start').where('bot_id', '=', world.bot.id).execute();
      await createFlow(t.app, tx, tenant, trip);
      await publishFlow(t.app, tx, tenant, { slug: 'trip' }, '');
      await createFlow(t.app, tx, tenant, papers);
      await publishFlow(t.app, tx, tenant, { slug: 'papers' }, '');
    });
    url = await t.server.listen({ host: '127.0.0.1', port: 0 });
  });
  afterAll(() => t.close());
  beforeEach(async () => {
    site = await makeSite(t, world, { anonymous: 1, settings: '{"show_agents":true}' });
    visitor = visitorOf(t, site);
  });

  const row = (): Promise<Conversation> => t.app.db.selectFrom('conversation').selectAll().where('site_id', '=', site.id).executeTakeFirstOrThrow();

  test('a form is filled in once; what is missing or wrong is told by field', async () => {
    const { data } = await visitor.open({ flow: 'trip' });
    const form = data[0];
    expect(form?.input).toMatchObject({ kind: 'form', open: true, fields: [{ id: 'city', required: true }, { id: 'nights' }, { id: 'board' }] });
    const fill = (values: object, client_id = 'a') => visitor.call('POST', '/forms', { client_id, message_id: form?.id, values });
    const wrong = async (values: object, field: string) => {
      const reply = await fill(values);
      expect([reply.status, (reply.json as { field: string }).field], reply.text).toEqual([422, field]);
    };
    await wrong({}, 'city');
    await wrong({ city: ' ' }, 'city');
    await wrong({ city: 'Lisbon', nights: 'many' }, 'nights');
    await wrong({ city: 'Lisbon', board: 'quarter' }, 'board');
    const filled = await fill({ city: 'Lisbon', nights: 3, board: 'full' });
    expect([filled.status, (filled.json as { body: string }).body]).toEqual([201, 'City: Lisbon\nNights: 3\nBoard: Full']);
    expect((await fill({ city: 'Lisbon', nights: 3, board: 'full' })).json).toEqual(filled.json);
    expect((await fill({ city: 'Porto' }, 'b')).status).toBe(409);
    const after = await visitor.read();
    expect(after.data.map(({ body }) => body)).toEqual(['Your trip', 'City: Lisbon\nNights: 3\nBoard: Full', 'Lisbon it is.']);
    expect(after.data[0]?.input?.open).toBe(false);
  });

  test('files are fields of a form like others, each where it belongs', async () => {
    await visitor.open({ flow: 'papers' });
    const form = (await visitor.read()).data[0];
    const upload = async (name: string) => {
      const body = new FormData();
      body.append('file', new Blob([name]), name);
      const sent = await fetch(`${url}/api/v1/chat${visitor.path}/files?v=2&key=${site.site_key}`, { method: 'POST', body });
      return ((await sent.json()) as { id: string }).id;
    };
    const [bill, photo] = [await upload('bill.txt'), await upload('photo.txt')];
    const fill = (values: object, client_id = 'a') => visitor.call('POST', '/forms', { client_id, message_id: form?.id, values });
    const wrong = async (values: object) => {
      const reply = await fill(values, 'wrong');
      return [reply.status, (reply.json as { field: string }).field];
    };
    expect(await wrong({ photo })).toEqual([422, 'bill']);
    expect(await wrong({ bill: 'somebody-elses', photo })).toEqual([422, 'bill']);
    const filled = await fill({ photo, bill, note: 'Here' });
    expect([filled.status, (filled.json as { body: string }).body]).toEqual([201, 'Bill: bill.txt\nPhoto: photo.txt\nNote: Here']);
    expect((filled.json as { attachments: { name: string }[] }).attachments.map(({ name }) => name).sort()).toEqual(['bill.txt', 'photo.txt']);
    expect((await fill({ photo, bill, note: 'Here' })).json).toEqual(filled.json);
    expect((await visitor.read()).data.at(-1)?.body).toBe('bill.txt, photo.txt');
  });

  test('a file goes along with a message, once', async () => {
    await visitor.open({ message: 'Hi' });
    const form = new FormData();
    form.append('file', new Blob(['words'], { type: 'image/png' }), 'note.txt');
    const sent = await fetch(`${url}/api/v1/chat${visitor.path}/files?v=2&key=${site.site_key}`, { method: 'POST', body: form });
    const file = (await sent.json()) as { id: string; type: string; url: string };
    expect([sent.status, file.type]).toEqual([201, 'text/plain']);
    const message = await visitor.send({ message: '', attachments: [file.id] });
    expect(message).toMatchObject({ type: 'media', attachments: [{ id: file.id, name: 'note.txt', kind: 'file', size: 5 }] });
    const again = await visitor.call('POST', '/messages', { client_id: 'again', message: 'x', attachments: [file.id] });
    expect([again.status, (again.json as { field: string }).field]).toEqual([422, 'attachments']);
    const path = new URL(message.attachments[0]?.url ?? '').pathname + new URL(message.attachments[0]?.url ?? '').search;
    expect(await (await fetch(`${url}${path}`)).text()).toBe('words');
  });

  test('typing and looking on are told once, to whoever looks, and never again', async () => {
    const { cursor } = await visitor.open({ message: 'Hi' });
    const heard: unknown[] = [];
    const { id, bot_id: botId, workspace_id: workspaceId } = await row();
    const stop = t.app.live.listen({ conversation: id }, (one) => heard.push(one?.sign));
    expect((await visitor.call('POST', '/typing', { on: true })).status).toBe(204);
    expect(heard).toMatchObject([{ kind: 'typing', isOn: true, who: { kind: 'subscriber' } }]);
    stop();
    const address = `${url}/api/v1/chat${visitor.path}/stream?key=${site.site_key}&cursor=${cursor}`;
    let isOver = false;
    const reading = readStream(address, {}, (seen) => seen.some(({ event }) => event === 'presence')).finally(() => {
      isOver = true;
    });
    const agent = { kind: 'agent' as const, id: 1, name: 'Ada' };
    // Until the stream listens nobody is told.
    while (!isOver) {
      giveSign(t.app.live, { workspaceId, botId, conversationId: id }, { kind: 'typing', isOn: true, who: agent });
      giveSign(t.app.live, { workspaceId, botId, conversationId: id }, { kind: 'viewing', isOn: true, who: agent });
      await new Promise((resolve) => setImmediate(resolve));
    }
    const seen = await reading;
    expect(seen[0]).toEqual({ id: null, event: 'typing', data: { on: true, author: { kind: 'agent', name: 'Ada', avatar: null } } });
    expect(seen.find(({ event }) => event === 'presence')).toMatchObject({ id: null, data: { on: true } });
  });

  test('what was read is not unread any more, and only ever more', async () => {
    await visitor.open({ flow: 'trip' });
    const unread = async () => (await visitor.list()).data[0]?.unread;
    expect(await unread()).toBe(1);
    const last = (await visitor.read()).data.at(-1)?.seq ?? 0;
    for (const upTo of [last, 0, 10_000]) {
      expect((await visitor.call('POST', '/read', { up_to: upTo })).status).toBe(204);
      expect(await unread()).toBe(0);
    }
    expect((await row()).visitor_read_seq).toBeLessThanOrEqual((await row()).seq);
    expect((await visitor.call('POST', '/read', { up_to: -1 })).status).toBe(422);
  });

  test('ended, the flow ends too; a later message opens it again, and both are told', async () => {
    const { cursor } = await visitor.open({ flow: 'trip' });
    expect((await visitor.call('POST', '/close')).status).toBe(204);
    expect((await visitor.call('POST', '/close')).status).toBe(204);
    expect((await visitor.read()).status).toMatchObject({ state: 'closed' });
    expect((await visitor.read()).data[0]?.input?.open).toBe(false);
    await visitor.send('One more thing');
    expect((await visitor.read()).status).toMatchObject({ state: 'open' });
    const events = (
      await t.app.db
        .selectFrom('step')
        .select('events')
        .where('conversation_id', '=', (await row()).id)
        .orderBy('last_seq')
        .execute()
    )
      .flatMap((step) => JSON.parse(step.events) as { kind: string; act?: string }[])
      .flatMap(({ kind: is, act }) => (is === 'conversation' ? [act] : []));
    expect(events).toEqual(['closed', 'opened']);
    const address = `${url}/api/v1/chat${visitor.path}/stream?key=${site.site_key}&cursor=${cursor}`;
    const seen = await readStream(address, {}, (all) =>
      all.some(({ event, data }) => event === 'message' && (data as { body?: string }).body === 'One more thing'),
    );
    expect(seen.filter(({ event }) => event === 'status').length).toBeGreaterThan(0);
  });

  test('a transcript is a text of what was said, without the notes of the team', async () => {
    await visitor.open({ message: 'Hello', name: 'Jane' });
    const reply = await call(t, visitor.ask('GET', `${visitor.path}/transcript`));
    expect([reply.status, reply.headers['content-type'], reply.headers['content-disposition']]).toEqual([
      200,
      'text/plain; charset=utf-8',
      'attachment; filename="transcript.txt"',
    ]);
    expect(reply.text).toBe(`${site.name}\n\n[2026-01-15 10:30:00] Jane: Hello\n`);
  });

  test('what looks like a program is marked and let through', async () => {
    const { nonce } = (await call(t, visitor.ask('GET', '/config'))).json as { nonce: string };
    const marks = async (more: object) => {
      const one = visitorOf(t, site);
      const { cursor } = await one.open({ message: 'Hi', ...more });
      expect(cursor).toBeGreaterThan(0);
      const found = await t.app.db
        .selectFrom('conversation')
        .select('context')
        .where('site_id', '=', site.id)
        .orderBy('id', 'desc')
        .limit(1)
        .executeTakeFirstOrThrow();
      return (JSON.parse(found.context ?? '{}') as { marks: string[] }).marks;
    };
    expect(await marks({})).toEqual(['no_nonce']);
    expect(await marks({ nonce: 'made.up.one', website: 'https://spam.example' })).toEqual(['honeypot', 'wrong_nonce']);
    t.clock.advance(5_000);
    expect(await marks({ nonce })).toEqual([]);
    expect(await marks({ nonce })).toEqual(['used_nonce']);
    t.clock.advance(3_600_000);
    expect(await marks({ nonce })).toEqual(['old_nonce']);
  });
});
