import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deleteSubscriber } from '../../store/subscribers.ts';
import { databaseKinds } from '../../testing/databases.ts';
import { makeWorld, type World } from '../../testing/factories.ts';
import { call, type Request, scenario } from '../../testing/scenario.ts';
import { type TestApp, testApp } from '../../testing/test-app.ts';

type BotUser = { user_ns: string; user_id: string; name: string; phone: string | null; [more: string]: unknown };

describe.each(databaseKinds)('subscribers on %s', (kind) => {
  let t: TestApp;
  let world: World;
  let f: string;
  beforeAll(async () => {
    t = await testApp(kind);
    world = await makeWorld(t.app);
    f = `f${world.bot.id}`;
    // Those a workspace begins with are in the way of what is counted here.
    const { data } = (await call(t, { method: 'GET', path: '/v1/subscribers', key: world.key })).json as { data: { id: number }[] };
    await t.app.transact(async (tx) => {
      for (const { id } of data) await deleteSubscriber(tx, world.bot.id, id);
    });
  });
  afterAll(() => t.close());

  const post = (path: string, body: object): Request => ({ method: 'POST', path: `/api${path}`, key: world.key, body });
  const get = (path: string): Request => ({ method: 'GET', path: `/api${path}`, key: world.key });
  const create = async (body: object): Promise<BotUser> => (await call(t, post('/subscriber/create', body))).json as BotUser;
  const names = async (query: string): Promise<string[]> =>
    ((await call(t, get(`/subscribers?limit=100&${query}`))).json as { data: BotUser[] }).data.map((one) => one.name);

  test('one is created with a phone in any notation and shown whole', async () => {
    const body = {
      phone: '(0049) 30-90 18 20',
      first_name: 'Jane',
      last_name: 'Doe',
      email: 'Jane@example.com',
      gender: 'female',
      image: 'https://x.example/j.png',
    };
    const reply = await scenario(t, post('/subscriber/create', body), { status: 200, events: ['subscriber.created'] });
    const { status, data, ...top } = reply.json as { status: string; data: BotUser };
    expect(status).toBe('ok');
    expect(top).toEqual(data);
    expect(data).toEqual({
      user_ns: expect.stringMatching(new RegExp(`^${f}u\\d+$`)),
      user_id: '4930901820',
      name: 'Jane Doe',
      first_name: 'Jane',
      last_name: 'Doe',
      gender: 'female',
      email: 'Jane@example.com',
      phone: '+4930901820',
      locale: null,
      language: null,
      profile_pic: 'https://x.example/j.png',
      subscribed: '2026-01-15 10:30:00',
      subscribed_iso: '2026-01-15T10:30:00.000Z',
      opted_in_email: null,
      opted_in_email_iso: null,
      opted_in_sms: null,
      opted_in_sms_iso: null,
      opted_in_through: null,
      last_interaction: null,
      last_interaction_iso: null,
      last_seen: null,
      last_seen_iso: null,
      last_message_at: null,
      last_message_at_iso: null,
      last_message_type: null,
      tags: [],
      labels: [],
      user_fields: [],
    });
    expect((await call(t, get(`/subscriber/get-info?user_ns=${data.user_ns}`))).text).toBe(reply.text);
    for (const id of ['4930901820', '%2B4930901820', '+49 30 901820', '0049 (0)30 901820']) {
      expect((await call(t, get(`/subscriber/get-info-by-user-id?user_id=${id}`))).text, id).toBe(reply.text);
    }
  });

  test('of phone and e-mail one is enough, none is refused, and neither is taken twice', async () => {
    const body = { email: 'Sam@Example.com', phone: '' };
    await scenario(t, post('/subscriber/create', body), {
      status: 200,
      body: (made: BotUser) => expect([made.user_id, made.phone]).toEqual(['sam@example.com', null]),
      events: ['subscriber.created'],
    });
    await scenario(t, post('/subscriber/create', { email: 'SAM@example.com' }), {
      status: 409,
      body: { message: 'A subscriber with this email already exists.' },
    });
    const phone = { phone: '+49 30 901820', email: 'other@example.com' };
    await scenario(t, post('/subscriber/create', phone), { status: 409, body: { message: 'A subscriber with this phone already exists.' } });
    const none = 'The phone field is required when there is no email.';
    await scenario(t, post('/subscriber/create', { name: 'Nobody' }), { status: 422, body: { message: none, errors: { phone: [none] } } });
    const wrong = 'The phone field must be a phone number with its country code.';
    await scenario(t, post('/subscriber/create', { phone: 'call me' }), { status: 422, body: { message: wrong, errors: { phone: [wrong] } } });
  });

  test('filters narrow the list, and each other', async () => {
    const anna = await create({ phone: '+4930901001', name: 'Anna' });
    const berta = await create({ email: 'berta@example.com', name: 'Berta' });
    await create({ email: 'carla@example.com', name: 'Carla' });
    const { db } = t.app;
    const idOf = (one: BotUser) => Number(one.user_ns.split('u')[1]);
    const tag = (await call(t, post('/flow/create-tag', { name: 'vip' }))).json as { tag_ns: string };
    const field = ((await call(t, post('/flow/create-user-field', { name: 'size', var_type: 'number', value: '' }))).json as { data: { var_ns: string } }).data;
    const fieldId = field.var_ns.split('v')[1];
    await t.app.transact(async (tx) => {
      await tx
        .insertInto('subscriber_tag')
        .values({ subscriber_id: idOf(anna), tag_id: Number(tag.tag_ns.split('t')[1]) })
        .execute();
      await tx
        .updateTable('subscriber')
        .set({ fields: `{"${fieldId}":"42"}`, opted_in_sms_at: t.clock.now() })
        .where('id', '=', idOf(berta))
        .execute();
    });
    expect(await names('name=ANN')).toEqual(['Anna']);
    expect(await names('phone=0049 30 90-1001')).toEqual(['Anna']);
    expect(await names('email=BERTA@example.com')).toEqual(['Berta']);
    expect(await names(`tag_ns=${tag.tag_ns}`)).toEqual(['Anna']);
    expect(await names(`tag_ns=${tag.tag_ns}&name=berta`)).toEqual([]);
    expect(await names(`user_field_ns=${field.var_ns}`)).toEqual(['Berta']);
    expect(await names(`user_field_ns=${field.var_ns}&user_field_value=42.0`)).toEqual(['Berta']);
    expect(await names(`user_field_ns=${field.var_ns}&user_field_value=4`)).toEqual([]);
    expect(await names('is_opt_in_sms=yes')).toEqual(['Berta']);
    expect(await names('is_opt_in_sms=no&name=a')).not.toContain('Berta');
    expect(await names('is_channel=apichat')).toContain('Anna');
    expect(await names('is_channel=web')).toEqual([]);
    for (const nobody of [`tag_ns=${f}t999999`, 'tag_ns=x', 'label_id=999999', `event_ns=${f}e999999`, `segment_ns=${f}sg1`, `user_field_ns=${f}v999999`]) {
      expect(await names(nobody), nobody).toEqual([]);
    }
    const shown = (await call(t, get(`/subscriber/get-info?user_ns=${berta.user_ns}`))).json as BotUser;
    expect(shown.user_fields).toEqual([{ name: 'size', var_ns: field.var_ns, var_type: 'number', description: '', value: '42' }]);
    expect(await db.selectFrom('subscriber').select('id').where('bot_id', '=', world.bot.id).execute()).toHaveLength((await names('')).length);
  });

  test('who wrote, and who was written to, in the last day is found until the day is over', async () => {
    const doris = await create({ email: 'doris@example.com', name: 'Doris' });
    await create({ email: 'emil@example.com', name: 'Emil' });
    await call(t, post('/subscriber/send-text', { user_ns: doris.user_ns, content: 'Hello Doris' }));
    expect(await names('is_bot_interacted_in_last_24h=yes')).toEqual(['Doris']);
    expect(await names('is_last_message_in_last_24h=yes')).toEqual(['Doris']);
    expect(await names('is_interacted_in_last_24h=yes')).toEqual([]);
    expect(await names('is_bot_interacted_in_last_24h=no')).toContain('Emil');
    t.clock.advance(86_400_001);
    expect(await names('is_bot_interacted_in_last_24h=yes')).toEqual([]);
    expect(await names('is_last_message_in_last_24h=no')).toContain('Doris');
  });

  test('pages are numbered, oldest first', async () => {
    const all = await names('');
    const second = (await call(t, get('/subscribers?limit=2&page=2'))).json as { data: BotUser[]; meta: object };
    expect(second.data.map((one) => one.name)).toEqual(all.slice(2, 4));
    expect(second.meta).toMatchObject({ current_page: 2, per_page: 2, total: all.length });
  });
});
