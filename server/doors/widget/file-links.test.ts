import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { speak } from '../../commands/sending.ts';
import type { Conversation } from '../../store/conversations.ts';
import type { Site } from '../../store/sites.ts';
import { databaseKinds } from '../../testing/databases.ts';
import { makeSite, type Visitor, visitorOf } from '../../testing/doubles/widget-client.ts';
import { makeWorld, type World } from '../../testing/factories.ts';
import { formOf } from '../../testing/files/form.ts';
import { png } from '../../testing/files/samples.ts';
import { call } from '../../testing/scenario.ts';
import { type TestApp, testApp } from '../../testing/test-app.ts';

const dayMs = 86_400_000;

describe.each(databaseKinds)('links to files on %s', (kind) => {
  let t: TestApp;
  let world: World;
  let site: Site;
  beforeAll(async () => {
    t = await testApp(kind);
    world = await makeWorld(t.app);
    site = await makeSite(t, world, { anonymous: 1 });
  });
  afterAll(() => t.close());

  const upload = async (visitor: Visitor, bytes: Buffer, name = 'a.png'): Promise<{ id: string; url: string }> => {
    const { body, headers } = formOf({ name, type: 'image/png', bytes });
    const reply = await call(t, { method: 'POST', path: `/api/v1/chat${visitor.path}/files?v=2`, headers: { 'x-api-key': site.site_key, ...headers }, body });
    expect(reply.status, reply.text).toBe(201);
    return reply.json as { id: string; url: string };
  };
  const row = (): Promise<Conversation> =>
    t.app.db.selectFrom('conversation').selectAll().where('site_id', '=', site.id).orderBy('id', 'desc').executeTakeFirstOrThrow();
  const show = async (conversation: Conversation, url: string): Promise<void> => {
    const message = { kind: 'media' as const, media: 'image' as const, url, caption: `See [it](${url})` };
    await t.app.transact((tx) => speak(t.app, tx, conversation, { message, text: `See ${url}`, author: { kind: 'bot', id: null, name: 'bot' } }));
  };
  const statusOf = async (url: string): Promise<number> => (await call(t, { method: 'GET', path: url.slice(t.app.config.publicUrl.length) })).status;
  const pause = (): void => t.clock.advance(3_600_000);

  test('in what was said yesterday are good today, at every door, and only for whom the file belongs to', async () => {
    const one = visitorOf(t, site);
    await one.open({ message: 'Hi' });
    const conversation = await row();
    const { url } = await upload(one, png);
    await show(conversation, url);
    t.clock.advance(dayMs);
    expect(await statusOf(url)).toBe(410);
    const shown = (await one.read()).data.at(-1);
    const picture = shown?.attachments[0]?.url ?? '';
    expect([picture === url, await statusOf(picture)]).toEqual([false, 200]);
    expect(shown?.body).toBe(`See [it](${picture})`);
    const native = await call(t, { method: 'GET', path: `/v1/conversations/${conversation.id}/messages?sort=newest&limit=1`, key: world.key });
    const [message] = (native.json as { data: { text: string; body: { url: string } }[] }).data;
    expect([await statusOf(message?.body.url ?? ''), await statusOf(message?.text.slice('See '.length) ?? '')]).toEqual([200, 200]);
    const five = await call(t, { method: 'GET', path: `/api/v1/chat${one.path}/messages`, headers: { 'x-api-key': site.site_key } });
    expect(await statusOf((five.json as { body: string }[]).at(-1)?.body.replace('See ', '') ?? '')).toBe(200);

    pause();
    // Somebody else who came by the link and gets the flow to repeat it.
    const other = visitorOf(t, site);
    await other.open({ message: url });
    await show(await row(), url);
    const repeated = (await other.read()).data.map((said) => said.attachments[0]?.url ?? said.body).filter((said) => said.includes('/f/'));
    expect(repeated).toEqual([url, url]);
    // A link that nobody here has signed.
    await show(conversation, url.replace(/sig=..../, 'sig=aaaa'));
    expect((await one.read()).data.at(-1)?.attachments[0]?.url).toContain('sig=aaaa');
  });

  test('are counted by themselves: a page of pictures is not the caller’s every other call', async () => {
    pause();
    const one = visitorOf(t, site);
    await one.open({ message: 'Hi' });
    const { url } = await upload(one, png);
    for (let read = 0; read < 400; read += 1) expect(await statusOf(url)).toBe(200);
  });

  test('lead to photographs of visitors that do not say where they were taken; those of the team are as they were', async () => {
    pause();
    const gps = Buffer.from('GPS 52.52N 13.40E');
    const exif = Buffer.concat([Buffer.from([0xff, 0xe1, 0, 8 + gps.length]), Buffer.from('Exif\0\0', 'latin1'), gps]);
    const rest = Buffer.from([0xff, 0xdb, 0, 4, 1, 2, 0xff, 0xda, 0, 4, 1, 1, 0x55, 0x66, 0xff, 0xd9]);
    const photo = Buffer.concat([Buffer.from([0xff, 0xd8]), exif, rest, Buffer.from('a film')]);
    const one = visitorOf(t, site);
    await one.open({ message: 'Hi' });
    const read = async (url: string): Promise<Buffer> => (await t.server.inject({ url: url.slice(t.app.config.publicUrl.length) })).rawPayload;
    const { id, url } = await upload(one, photo, 'me.jpg');
    const clean = Buffer.concat([Buffer.from([0xff, 0xd8]), rest]);
    expect((await read(url)).equals(clean)).toBe(true);
    const stored = await t.app.db.selectFrom('file').select(['size', 'type']).where('public_id', '=', id).executeTakeFirst();
    expect(stored).toEqual({ size: clean.length, type: 'image/jpeg' });
    const { body, headers } = formOf({ name: 'shop.jpg', type: 'image/jpeg', bytes: photo });
    const ours = await call(t, { method: 'POST', path: '/v1/files', key: world.key, headers, body });
    expect((await read((ours.json as { url: string }).url)).equals(photo)).toBe(true);
  });
});
