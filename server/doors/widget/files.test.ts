import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { signedUrl } from '../../commands/file-links.ts';
import { attachFiles } from '../../commands/files.ts';
import { receiveReply } from '../../commands/receive-reply.ts';
import { hashesOf } from '../../commands/site-conversations.ts';
import { keepHouse } from '../../jobs/schedule.ts';
import { type Conversation, findOnSite } from '../../store/conversations.ts';
import { filesOfMessages, insertArriving, spaceOf } from '../../store/files.ts';
import { listMessages } from '../../store/messages.ts';
import type { Site } from '../../store/sites.ts';
import { deleteSubscriber } from '../../store/subscribers.ts';
import { databaseKinds } from '../../testing/databases.ts';
import { makeWorld, type World } from '../../testing/factories.ts';
import { formOf } from '../../testing/files/form.ts';
import { plainFiles, png, riskyFiles } from '../../testing/files/samples.ts';
import { call, type Request, scenario } from '../../testing/scenario.ts';
import { type TestApp, testApp } from '../../testing/test-app.ts';

const dayMs = 86_400_000;
type Attachment = { id: string; name: string; type: string; size: number; kind: string; url: string };

describe.each(databaseKinds)('files of the widget on %s', (kind) => {
  let t: TestApp;
  let world: World;
  let people = 0;

  beforeAll(async () => {
    t = await testApp(kind);
    world = await makeWorld(t.app);
  });
  afterAll(() => t.close());
  // Limits are counted per minute, links are good for some.
  beforeEach(() => t.clock.advance(3_600_000));

  type Talk = { token: string; site: Site; conversation: Conversation };
  async function begin(site: Site = world.site): Promise<Talk> {
    people += 1;
    const token = `somebody-${people}`;
    const body = { name: 'Jane', email: `jane${people}@example.com`, message: 'Hello', visitor_token: token };
    const opened = await call(t, { method: 'POST', path: '/api/v1/chat/conversations', headers: { 'x-api-key': site.site_key }, body });
    expect(opened.status, opened.text).toBe(201);
    const conversation = await findOnSite(t.app.db, site.bot_id, site.id, hashesOf(t.app, site, token));
    return { token, site, conversation: conversation as Conversation };
  }
  const upload = ({ token, site }: Talk, name: string, bytes: Buffer, claimed = 'text/html'): Request => {
    const { body, headers } = formOf({ name, type: claimed, bytes });
    return { method: 'POST', path: `/api/v1/chat/conversations/${token}/files?v=2`, headers: { 'x-api-key': site.site_key, ...headers }, body };
  };
  async function send(talk: Talk, name: string, bytes: Buffer): Promise<Attachment> {
    const reply = await call(t, upload(talk, name, bytes));
    expect(reply.status, reply.text).toBe(201);
    return reply.json as Attachment;
  }
  const subscriber = ({ conversation }: Talk) => ({ kind: 'subscriber' as const, id: conversation.subscriber_id });
  async function say(talk: Talk, files: Attachment[], by = subscriber(talk)): Promise<number> {
    const { id, bot_id: botId } = talk.conversation;
    const step = await t.app.transact(async (tx) => {
      const refs = await attachFiles(
        t.app,
        tx,
        talk.conversation,
        files.map((one) => one.id),
        by,
      );
      return receiveReply(t.app, tx, { botId, conversationId: id, reply: { text: 'Here', files: refs } });
    });
    return step.messages[0]?.id ?? 0;
  }
  const rowOf = (file: Attachment) => t.app.db.selectFrom('file').selectAll().where('public_id', '=', file.id).executeTakeFirst();
  const stored = async (): Promise<string[]> => (await t.app.files.list('', null, 10_000)).keys;
  const fifth = ({ token, site }: Talk, message: number | string, id: number | string, query = ''): Request => ({
    method: 'GET',
    path: `/api/v1/chat/conversations/${token}/files/${message}/${id}${query}`,
    headers: { 'x-api-key': site.site_key },
  });
  const local = (file: Attachment): string => file.url.slice(t.app.config.publicUrl.length);

  test('a file is uploaded, goes along with a message, and is read by its link and by the fifth call', async () => {
    const talk = await begin();
    const file = await send(talk, 'Grüße.png', png);
    expect(file).toEqual({ id: expect.stringMatching(/^[\w-]{22}$/), name: 'Grüße.png', type: 'image/png', size: png.length, kind: 'image', url: file.url });
    const message = await say(talk, [file]);
    const [row] = (await listMessages(t.app.db, talk.conversation.id, { limit: 10, notes: 'without' })).filter((one) => one.id === message);
    expect(JSON.parse(row?.body ?? '').files).toMatchObject([{ id: file.id, name: 'Grüße.png', type: 'image/png', size: png.length }]);
    const id = (await rowOf(file))?.id ?? 0;
    expect((await filesOfMessages(t.app.db, talk.conversation.id, [message - 1, message, message + 1])).map((one) => one.id)).toEqual([id]);
    const expected = {
      'content-type': /^image\/png$/,
      'content-length': new RegExp(`^${png.length}$`),
      'accept-ranges': /^bytes$/,
      etag: new RegExp(`^"${createHash('sha256').update(png).digest('hex').slice(0, 32)}"$`),
      'x-content-type-options': /^nosniff$/,
      'content-security-policy': /^sandbox; default-src 'none'$/,
      'cross-origin-resource-policy': /^cross-origin$/,
      'cache-control': /^private, max-age=\d+$/,
    };
    const name = `filename="Gr__e\\.png"; filename\\*=UTF-8''Gr%C3%BC%C3%9Fe\\.png`;
    for (const [request, disposition] of [
      [{ method: 'GET', path: local(file) }, 'inline'],
      [fifth(talk, message, id), 'attachment'],
      [fifth(talk, message, id, '?disposition=inline'), 'inline'],
      [fifth(talk, message, id, '?disposition=INLINE'), 'attachment'],
      [fifth(talk, message, id, '?disposition=inline&disposition=inline'), 'attachment'],
    ] as [Request, string][]) {
      const headers = { ...expected, 'content-disposition': new RegExp(`^${disposition}; ${name}$`) };
      await scenario(t, request, { status: 200, headers });
      const head = await scenario(t, { ...request, method: 'HEAD' }, { status: 200, headers });
      expect(head.text).toBe('');
      const raw = await t.server.inject({ method: 'GET', url: request.path, headers: request.headers ?? {} });
      expect(raw.rawPayload.equals(png)).toBe(true);
    }
  });

  test('a part of it, the word that it is known, and what is not in it', async () => {
    const talk = await begin();
    const bytes = randomBytes(1_000);
    const file = await send(talk, 'a', bytes);
    const ask = async (headers: Record<string, string>) => {
      const { statusCode, rawPayload, headers: got } = await t.server.inject({ method: 'GET', url: local(file), headers });
      return { status: statusCode, range: got['content-range'], bytes: rawPayload, etag: String(got.etag) };
    };
    const { etag } = await ask({});
    for (const [range, from, to] of [
      ['bytes=0-0', 0, 0],
      ['bytes=10-19', 10, 19],
      ['bytes=990-', 990, 999],
      ['bytes=-5', 995, 999],
      ['bytes=-5000', 0, 999],
      ['bytes=5-99999', 5, 999],
    ] as const) {
      const part = await ask({ range });
      expect([part.status, part.range], range).toEqual([206, `bytes ${from}-${to}/1000`]);
      expect(part.bytes.equals(bytes.subarray(from, to + 1)), range).toBe(true);
    }
    for (const range of ['bytes=0-1,5-6', 'bytes=5-1', 'lines=1-2', 'bytes=a-b', 'bytes=-']) expect((await ask({ range })).status, range).toBe(200);
    for (const range of ['bytes=1000-', 'bytes=5000-6000', 'bytes=-0']) {
      const none = await ask({ range });
      expect([none.status, none.range], range).toEqual([416, 'bytes */1000']);
    }
    expect((await ask({ range: 'bytes=0-0', 'if-range': etag })).status).toBe(206);
    expect((await ask({ range: 'bytes=0-0', 'if-range': '"other"' })).status).toBe(200);
    for (const known of [etag, `"x", W/${etag}`, '*']) {
      const same = await ask({ 'if-none-match': known });
      expect([same.status, same.bytes.length, same.etag]).toEqual([304, 0, etag]);
    }
    expect((await ask({ 'if-none-match': '"other"' })).status).toBe(200);
  });

  test('every kind is shown as what it is, and what is risky is only ever saved', async () => {
    let talk = await begin();
    let sent = 0;
    const look = async (name: string, bytes: Buffer) => {
      // Ten a minute, and each person has a day's worth.
      if (sent++ % 10 === 9) {
        t.clock.advance(60_000);
        talk = await begin();
      }
      const file = await send(talk, name, bytes);
      const got = await t.server.inject({ method: 'GET', url: local(file) });
      expect(got.rawPayload.equals(bytes), name).toBe(true);
      expect(got.headers['x-content-type-options']).toBe('nosniff');
      expect(got.headers['content-security-policy']).toBe("sandbox; default-src 'none'");
      // Whoever writes it into the link asks for nothing: it is in the signature.
      const forced = await t.server.inject({ method: 'GET', url: `${local(file).replace('&d=inline', '')}&d=inline` });
      return { file, type: got.headers['content-type'], how: String(got.headers['content-disposition']).split(';')[0], forced };
    };
    for (const [name, bytes, type, fileKind] of plainFiles) {
      const { file, type: shown, how } = await look(name, bytes);
      expect([file.type, file.kind, shown], name).toEqual([type, fileKind, type === 'text/plain' ? 'text/plain; charset=utf-8' : type]);
      expect(how, name).toBe(/office|opendocument|zip/.test(type) ? 'attachment' : 'inline');
    }
    for (const [what, name, bytes] of riskyFiles) {
      const { file, type, how, forced } = await look(name, bytes);
      expect([file.type, file.kind, type, how], what).toEqual(['application/octet-stream', 'file', 'application/octet-stream', 'attachment']);
      expect(forced.statusCode, what).toBe(404);
    }
  });

  test('what cannot be taken is refused in a sentence, and leaves nothing', async () => {
    const talk = await begin();
    const before = [await stored(), await spaceOf(t.app.db, world.workspace.id)];
    const refused = async (request: Request, status: number, error: string): Promise<void> => {
      await scenario(t, request, { status, body: (said: object) => expect(said).toMatchObject({ error }) });
    };
    await refused(upload(talk, 'empty.txt', Buffer.alloc(0)), 422, 'The file is empty.');
    await refused(upload(talk, 'huge.bin', Buffer.alloc(10 * 1024 * 1024 + 1)), 413, 'The file is larger than 10 MB.');
    await refused(
      { ...upload(talk, 'a', png), body: { file: 'x' }, headers: { 'x-api-key': talk.site.site_key } },
      415,
      'Send the file as multipart/form-data.',
    );
    const whole = upload(talk, 'a.png', png);
    await refused({ ...whole, body: (whole.body as Buffer).subarray(0, -10) }, 400, 'The upload was cut short.');
    await refused(
      { ...whole, headers: { ...whole.headers, 'content-type': 'multipart/form-data' } },
      400,
      'The Content-Type names no boundary between the parts, or none that can be used.',
    );
    await scenario(
      t,
      { ...whole, path: whole.path.replace(talk.token, 'nobody') },
      { status: 404, body: (said: object) => expect(said).toMatchObject({ error: 'Conversation not found' }) },
    );
    await scenario(t, { ...whole, headers: { ...whole.headers, 'x-api-key': 'site_wrong' } }, { status: 401 });
    // A form where JSON is asked for is no way around anything.
    await scenario(t, { ...whole, path: `/api/v1/chat/conversations/${talk.token}/messages` }, { status: 415 });
    expect([await stored(), await spaceOf(t.app.db, world.workspace.id)]).toEqual(before);
    expect(await t.app.db.selectFrom('file').select('id').where('state', '=', 'arriving').execute()).toEqual([]);
  });

  test('a file is for its own conversation, by whatever id it is asked for', async () => {
    const [talk, other] = [await begin(), await begin()];
    const foreignWorld = await makeWorld(t.app);
    const foreign = await begin(foreignWorld.site);
    const file = await send(talk, 'mine.png', png);
    const message = await say(talk, [file]);
    const theirs = await say(other, [await send(other, 'theirs.png', png)]);
    const id = (await rowOf(file))?.id ?? 0;
    const missing = { status: 404, body: { error: 'File not found' } };
    await scenario(t, fifth(talk, message, id), { status: 200 });
    for (const request of [
      fifth(other, message, id),
      fifth(other, theirs, id),
      fifth(foreign, message, id),
      fifth(talk, theirs, id),
      fifth(talk, message - 1, id),
      fifth(talk, message, id + 1),
      fifth(talk, message, 'x'),
      fifth(talk, '1e3', id),
      fifth(talk, message, '9'.repeat(30)),
      fifth(talk, message, '-1'),
      fifth(talk, message, '1.5'),
    ]) {
      await scenario(t, request, missing);
    }
    await scenario(t, { ...fifth(talk, message, id), path: fifth(foreign, message, id).path }, { status: 404, body: { error: 'Conversation not found' } });
    // Nor may it be taken along by anyone else, or twice.
    const loose = await send(talk, 'loose.png', png);
    for (const attempt of [() => say(other, [loose]), () => say(talk, [loose], subscriber(other)), () => say(foreign, [loose]), () => say(talk, [file])]) {
      await expect(attempt()).rejects.toMatchObject({ status: 422 });
    }
    const many = await Promise.all(Array.from({ length: 6 }, (_, at) => send(talk, `${at}.png`, png)));
    await expect(say(talk, many)).rejects.toMatchObject({ status: 422, message: 'A message takes at most 5 files.' });
    await say(talk, many.slice(0, 5));
  });

  test('a link is for one file, one way of showing it and a quarter of an hour', async () => {
    const talk = await begin();
    const [file, another] = [await send(talk, 'a.png', png), await send(talk, 'b.png', png)];
    const url = local(file);
    await scenario(t, { method: 'GET', path: url }, { status: 200 });
    const missing = { status: 404, body: (body: { detail: string }) => expect(body.detail).toBe('File not found') };
    for (const path of [
      url.replace(file.id, another.id),
      url.replace(file.id, 'x'.repeat(22)),
      url.replace('&d=inline', ''),
      url.replace(/exp=(\d+)/, (_all, exp: string) => `exp=${Number(exp) + 60}`),
      url.replace(/sig=(.)/, (_all, first: string) => `sig=${first === '-' ? '_' : '-'}`),
      url.replace(/\?.*/, ''),
      `/f/${file.id}?exp=&sig=`,
    ]) {
      await scenario(t, { method: 'GET', path }, missing);
    }
    t.clock.advance(13 * 60_000);
    await scenario(t, { method: 'GET', path: url }, { status: 200 });
    t.clock.advance(2 * 60_000);
    await scenario(t, { method: 'GET', path: url }, { status: 410 });
  });

  test('ten uploads a minute, a hundred megabytes a day, and what the workspace allows', async () => {
    const talk = await begin();
    for (let count = 0; count < 10; count += 1) await send(talk, 'a.png', png);
    await scenario(t, upload(talk, 'a.png', png), {
      status: 429,
      body: (said: object) => expect(said).toMatchObject({ error: 'Rate limit exceeded' }),
    });
    t.clock.advance(60_000);
    await t.app.transact((tx) =>
      tx
        .updateTable('file')
        .set({ size: 10 * 1024 * 1024 })
        .where('conversation_id', '=', talk.conversation.id)
        .execute(),
    );
    await scenario(t, upload(talk, 'a.png', png), { status: 429, headers: { 'retry-after': /^86400$/ } });
    await scenario(t, upload(await begin(), 'a.png', png), { status: 201 });
    await t.app.transact((tx) => tx.updateTable('file').set({ size: png.length }).where('conversation_id', '=', talk.conversation.id).execute());

    const small = await makeWorld(t.app);
    await scenario(t, { method: 'PATCH', path: '/v1/settings', key: small.key, body: { file_quota_mb: 1 } }, { status: 200, events: ['settings.updated'] });
    const guests = await Promise.all(Array.from({ length: 4 }, () => begin(small.site)));
    const replies = await Promise.all(guests.map((one) => call(t, upload(one, 'a', randomBytes(400_000)))));
    expect(replies.map((one) => one.status).sort()).toEqual([201, 201, 507, 507]);
    expect(replies.find((one) => one.status === 507)?.json).toMatchObject({ error: 'There is no space left for files in this workspace.' });
    expect(await spaceOf(t.app.db, small.workspace.id)).toBe(800_000);
    expect((await t.app.files.list(`${small.workspace.id}/`, null, 10)).keys.length).toBe(2);
  });

  test('what no message takes is removed after a day, what has one stays, and who is erased takes theirs along', async () => {
    const own = await makeWorld(t.app);
    const talk = await begin(own.site);
    const [kept, loose] = [await send(talk, 'kept.png', png), await send(talk, 'loose.png', png)];
    await say(talk, [kept]);
    const here = async (): Promise<number> => (await t.app.files.list(`${own.workspace.id}/`, null, 10)).keys.length;
    t.clock.advance(dayMs - 60_000);
    await keepHouse(t.app, () => false);
    expect(await here()).toBe(2);
    t.clock.advance(61_000);
    await keepHouse(t.app, () => false);
    expect([await here(), await rowOf(loose), await spaceOf(t.app.db, own.workspace.id)]).toEqual([1, undefined, png.length]);
    const fresh = { method: 'GET' as const, path: signedUrl(t.app, { public_id: kept.id }).slice(t.app.config.publicUrl.length) };
    await scenario(t, fresh, { status: 200 });
    await t.app.transact((tx) => deleteSubscriber(tx, own.bot.id, talk.conversation.subscriber_id));
    // Gone for everyone at once, from the disk when housekeeping comes round.
    await scenario(t, fresh, { status: 404 });
    await keepHouse(t.app, () => false);
    expect([await here(), await spaceOf(t.app.db, own.workspace.id)]).toEqual([0, 0]);
    expect(await rowOf(kept)).toBeUndefined();
  });

  test('a process that dies in the middle of an upload leaves nothing for longer than a day', async () => {
    const own = await makeWorld(t.app);
    const key = `${own.workspace.id}/ab/abandoned`;
    const row = { public_id: `abandoned-${kind}`, workspace_id: own.workspace.id, bot_id: own.bot.id, conversation_id: null, key, at: t.clock.now() };
    await t.app.transact((tx) => insertArriving(tx, { ...row, uploader_kind: 'key', uploader_id: 1 }));
    await t.app.files.put(key, Readable.from([png]));
    await keepHouse(t.app, () => false);
    expect(await t.app.files.size(key)).toBe(png.length);
    t.clock.advance(dayMs + 1);
    await keepHouse(t.app, () => false);
    expect(await t.app.files.size(key)).toBeNull();
  });

  test('a repeat with the same Idempotency-Key is the same file', async () => {
    const talk = await begin();
    const request = upload(talk, 'a.png', png);
    const keyed = { ...request, headers: { ...request.headers, 'idempotency-key': `one-${kind}` } };
    const first = await scenario(t, keyed, { status: 201 });
    const again = await scenario(t, keyed, { status: 201, headers: { 'idempotent-replayed': /true/ } });
    expect(again.text).toBe(first.text);
    expect((await t.app.db.selectFrom('file').select('id').where('conversation_id', '=', talk.conversation.id).execute()).length).toBe(1);
    const other = upload(talk, 'b.png', png);
    await scenario(t, { ...other, headers: { ...other.headers, 'idempotency-key': `one-${kind}` } }, { status: 422 });
  });

  test('a program uploads for its own bot, and needs the right to send', async () => {
    const { body, headers } = formOf({ name: 'report.pdf', type: 'application/pdf', bytes: plainFiles.find(([name]) => name === 'a.pdf')?.[1] as Buffer });
    const request = { method: 'POST' as const, path: '/v1/files', headers, body };
    const made = await scenario(t, { ...request, key: world.key }, { status: 201 });
    const file = made.json as { id: string; url: string; type: string; size: number };
    expect(Object.keys(file)).toEqual(['id', 'url', 'type', 'size']);
    expect(file.type).toBe('application/pdf');
    await scenario(
      t,
      { method: 'GET', path: file.url.slice(t.app.config.publicUrl.length) },
      { status: 200, headers: { 'content-disposition': /^attachment; filename="report.pdf"/ } },
    );
    await scenario(t, request, { status: 401 });
    await scenario(t, { ...request, headers: { ...headers, 'x-api-key': world.site.site_key } }, { status: 401 });
    const talk = await begin();
    // Not theirs to send.
    await expect(say(talk, [file as Attachment])).rejects.toMatchObject({ status: 422 });
  });

  test('a file of the largest size comes back as it was', async () => {
    const talk = await begin();
    const bytes = randomBytes(10 * 1024 * 1024);
    const file = await send(talk, 'large.bin', bytes);
    const got = await t.server.inject({ method: 'GET', url: local(file), payloadAsStream: true });
    expect((await buffer(got.stream())).equals(bytes)).toBe(true);
  });
});
