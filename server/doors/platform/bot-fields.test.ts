import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { databaseKinds } from '../../testing/databases.ts';
import { makeWorld, type World } from '../../testing/factories.ts';
import { call, type Request, scenario } from '../../testing/scenario.ts';
import { type TestApp, testApp } from '../../testing/test-app.ts';

describe.each(databaseKinds)('bot fields on %s', (kind) => {
  let t: TestApp;
  let world: World;
  let f: string;
  beforeAll(async () => {
    t = await testApp(kind);
    world = await makeWorld(t.app);
    f = `f${world.bot.id}`;
  });
  afterAll(() => t.close());

  const create = (body: object): Request => ({ method: 'POST', path: '/api/flow/create-bot-field', key: world.key, body });
  const put = (operation: string, body: object): Request => ({ method: 'PUT', path: `/api/flow/${operation}`, key: world.key, body });
  const made = async (name: string, type = 'text', value: unknown = ''): Promise<string> => {
    const reply = await call(t, create({ name, var_type: type, value }));
    return (reply.json as { data: { var_ns: string } }).data.var_ns;
  };
  const valueNow = async (name: string): Promise<string | undefined> => {
    const reply = await call(t, { method: 'GET', path: `/api/flow/bot-fields?name=${name}`, key: world.key });
    return (reply.json as { data: { value: string }[] }).data[0]?.value;
  };
  const missing = { status: 404, body: { message: 'Bot field not found.' } };

  test('a field is created with its value, listed, and refused a second time', async () => {
    const hours = { name: 'Hours', var_ns: `${f}v1`, var_type: 'text', description: 'When we are open', value: '9 to 5', is_template_field: true };
    const { var_ns: _, ...body } = hours;
    await scenario(t, create(body), { status: 200, body: { data: hours, status: 'ok' }, events: ['field.created'] });
    await scenario(t, create({ ...body, name: 'hours' }), { status: 409, body: { message: 'A bot field with this name already exists.' } });
    await scenario(
      t,
      { method: 'GET', path: '/api/flow/bot-fields?limit=1', key: world.key },
      { status: 200, body: (reply: object) => expect(reply).toMatchObject({ data: [hours], meta: { total: 1, per_page: 1 }, status: 'ok' }) },
    );
  });

  test('being a template field is told as a truth value, a number or a word', async () => {
    for (const [sent, read] of [
      [1, true],
      ['0', false],
      ['yes', true],
      [null, false],
    ]) {
      const reply = { status: 200, body: (one: { data: object }) => expect(one.data).toMatchObject({ is_template_field: read }), events: ['field.created'] };
      await scenario(t, create({ name: `template ${sent}`, var_type: 'text', value: '', is_template_field: sent }), reply);
    }
    await scenario(t, create({ name: 'x', var_type: 'text', value: '', is_template_field: { toString: 1 } }), {
      status: 422,
      body: { message: 'The is template field field must be a boolean.', errors: { is_template_field: ['The is template field field must be a boolean.'] } },
    });
  });

  test('values come as text, number, truth value or list, and go out as text', async () => {
    const cases: [string, unknown, string][] = [
      ['text', 'string', 'string'],
      ['number', 123, '123'],
      ['boolean', true, 'true'],
      ['date', '2018-07-18', '2018-07-18'],
      ['datetime', '2018-07-02T00:00:00+00:00', '2018-07-02T00:00:00+00:00'],
      ['array', ['a', 1], '["a",1]'],
      ['longtext', { open: true }, '{"open":true}'],
    ];
    for (const [type, sent, read] of cases) {
      const varNs = await made(`sent ${type}`, type);
      const field = { name: `sent ${type}`, var_ns: varNs, var_type: type, description: '', value: read, is_template_field: false };
      const reply = { status: 200, body: { ...field, data: field, status: 'ok' }, events: ['bot_field.set'] };
      await scenario(t, put('set-bot-field', { var_ns: varNs, value: sent }), reply);
      await scenario(t, put('set-bot-field-by-name', { name: `SENT ${type}`, value: read }), reply);
      await scenario(t, put('set-bot-field', { var_ns: varNs, value: null }), { status: 200, events: ['bot_field.set'] });
      expect(await valueNow(`sent ${type}`)).toBe('');
    }
  });

  test('a value must be there and fit the type', async () => {
    const varNs = await made('count', 'number', 1);
    const required = { message: 'The value field is required.', errors: { value: ['The value field is required.'] } };
    await scenario(t, put('set-bot-field', { var_ns: varNs }), { status: 422, body: required });
    const number = { message: 'The value field must be a number.', errors: { value: ['The value field must be a number.'] } };
    await scenario(t, put('set-bot-field', { var_ns: varNs, value: 'many' }), { status: 422, body: number });
    await scenario(t, put('set-bot-field-by-name', { name: 'count', value: [1] }), { status: 422, body: number });
    await scenario(t, create({ name: 'when', var_type: 'date', value: 'soon' }), {
      status: 422,
      body: { message: 'The value field must be a date such as 2018-07-18.', errors: { value: ['The value field must be a date such as 2018-07-18.'] } },
    });
    expect(await valueNow('count')).toBe('1');
    await scenario(t, put('set-bot-field', { var_ns: `${f}v99999`, value: 1 }), missing);
    await scenario(t, put('set-bot-field-by-name', { name: 'nobody', value: 1 }), missing);
  });

  test('several fields are set in one go, by id or by name', async () => {
    const [one, two] = [await made('bulk one'), await made('bulk two', 'number')];
    const done = { status: 200, body: { status: 'ok' }, events: ['bot_field.set', 'bot_field.set'] };
    await scenario(
      t,
      put('set-bot-fields', {
        data: [
          { var_ns: two, value: '2' },
          { var_ns: one, value: 'I' },
        ],
      }),
      done,
    );
    expect([await valueNow('bulk one'), await valueNow('bulk two')]).toEqual(['I', '2']);
    await scenario(
      t,
      put('set-bot-fields-by-name', {
        data: [
          { name: 'bulk one', value: 'first' },
          { name: 'Bulk One', value: 'last' },
        ],
      }),
      done,
    );
    expect(await valueNow('bulk one')).toBe('last');
  });

  test('several fields are set all or none', async () => {
    const [text, number] = [await made('all'), await made('none', 'number')];
    await scenario(
      t,
      put('set-bot-fields', {
        data: [
          { var_ns: text, value: 'x' },
          { var_ns: `${f}v99999`, value: 1 },
        ],
      }),
      missing,
    );
    await scenario(
      t,
      put('set-bot-fields', {
        data: [
          { var_ns: text, value: 'x' },
          { var_ns: `${f}v99999`, value: 1 },
          { var_ns: number, value: 'no' },
        ],
      }),
      {
        status: 422,
        body: { message: 'The value field must be a number.', errors: { 'data.2.value': ['The value field must be a number.'] } },
      },
    );
    await scenario(
      t,
      put('set-bot-fields-by-name', {
        data: [
          { name: 'all', value: 'x' },
          { name: 'nobody', value: 1 },
        ],
      }),
      missing,
    );
    expect([await valueNow('all'), await valueNow('none')]).toEqual(['', '']);
  });

  test('a bulk takes 1 to 20 rows, each of them whole', async () => {
    const rows = (n: number) => Array.from({ length: n }, (_, i) => ({ name: `row ${i}`, value: i }));
    for (let n = 0; n < 20; n += 1) await made(`row ${n}`);
    const done = { status: 200, body: { status: 'ok' }, events: rows(20).map(() => 'bot_field.set') };
    await scenario(t, put('set-bot-fields-by-name', { data: rows(20) }), done);
    const many = 'The data field must have at most 20 items.';
    await scenario(t, put('set-bot-fields-by-name', { data: rows(21) }), { status: 422, body: { message: many, errors: { data: [many] } } });
    const none = 'The data field is required.';
    for (const data of [undefined, []]) await scenario(t, put('set-bot-fields', { data }), { status: 422, body: { message: none, errors: { data: [none] } } });
    await scenario(t, put('set-bot-fields', { data: [{ var_ns: `${f}v1` }, 'f1v1'] }), {
      status: 422,
      body: (reply: { errors: object }) => expect(Object.keys(reply.errors)).toEqual(['data.0.value', 'data.1']),
    });
  });

  test('two who set the same fields in opposite order both get through', async () => {
    const [one, two] = [await made('left'), await made('right')];
    const orders = [
      [one, two],
      [two, one],
    ];
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, n) => call(t, put('set-bot-fields', { data: orders[n % 2]?.map((var_ns) => ({ var_ns, value: String(n) })) }))),
    );
    expect(replies.map((reply) => reply.status)).toEqual(replies.map(() => 200));
    expect(await valueNow('left')).toBe(await valueNow('right'));
  });

  test('a field is deleted by id or by name, once', async () => {
    const byId: Request = { method: 'DELETE', path: '/api/flow/delete-bot-field', key: world.key, body: { var_ns: await made('by id') } };
    await made('by name');
    const byName: Request = { method: 'DELETE', path: '/api/flow/delete-bot-field-by-name', key: world.key, body: { name: 'By Name' } };
    const gone = { status: 200, body: { status: 'ok' }, events: ['field.deleted'] };
    await scenario(t, byId, gone);
    await scenario(t, byId, missing);
    await scenario(t, byName, gone);
    await scenario(t, byName, missing);
  });

  test('a user field is not a bot field', async () => {
    const reply = await call(t, { method: 'POST', path: '/api/flow/create-user-field', key: world.key, body: { name: 'theirs', var_type: 'text', value: '' } });
    const { var_ns } = (reply.json as { data: { var_ns: string } }).data;
    await scenario(t, put('set-bot-field', { var_ns, value: 'x' }), missing);
    await scenario(t, { method: 'DELETE', path: '/api/flow/delete-bot-field', key: world.key, body: { var_ns } }, missing);
  });
});
