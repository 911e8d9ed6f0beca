import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { databaseKinds } from '../../testing/databases.ts';
import { makeWorld, type World } from '../../testing/factories.ts';
import { call, type Request, scenario } from '../../testing/scenario.ts';
import { type TestApp, testApp } from '../../testing/test-app.ts';

describe.each(databaseKinds)('user fields on %s', (kind) => {
  let t: TestApp;
  let world: World;
  let f: string;
  beforeAll(async () => {
    t = await testApp(kind);
    world = await makeWorld(t.app);
    f = `f${world.bot.id}`;
  });
  afterAll(() => t.close());

  const create = (body: object): Request => ({ method: 'POST', path: '/api/flow/create-user-field', key: world.key, body });
  const update = (body: object): Request => ({ method: 'POST', path: '/api/flow/update-user-field', key: world.key, body });
  const made = async (name: string): Promise<string> => {
    const reply = await call(t, create({ name, var_type: 'text', value: '' }));
    return (reply.json as { data: { var_ns: string } }).data.var_ns;
  };
  const found = async (name: string): Promise<object | undefined> => {
    const reply = await call(t, { method: 'GET', path: `/api/flow/user-fields?name=${name}`, key: world.key });
    return (reply.json as { data: object[] }).data[0];
  };

  test('a field is created, listed, and refused a second time whatever its case', async () => {
    const city = { name: 'City', var_ns: `${f}v1`, var_type: 'text', description: 'Where they live', value: 'Rome', display_type: 'default' };
    const { var_ns: _, display_type: __, ...body } = city;
    await scenario(t, create(body), { status: 200, body: { data: city, status: 'ok' }, events: ['field.created'] });
    await scenario(t, create({ ...body, name: 'CITY' }), { status: 409, body: { message: 'A user field with this name already exists.' } });
    await scenario(
      t,
      { method: 'GET', path: '/api/flow/user-fields', key: world.key },
      { status: 200, body: (reply: object) => expect(reply).toMatchObject({ data: [city], meta: { total: 1 }, status: 'ok' }) },
    );
  });

  test('a default value is required, may be empty, and must fit the type', async () => {
    const required = { message: 'The value field is required.', errors: { value: ['The value field is required.'] } };
    await scenario(t, create({ name: 'age', var_type: 'number' }), { status: 422, body: required });
    await scenario(t, create({ name: 'age', var_type: 'number', value: 'old' }), {
      status: 422,
      body: { message: 'The value field must be a number.', errors: { value: ['The value field must be a number.'] } },
    });
    const empty = { status: 200, body: (reply: { data: { value: string } }) => expect(reply.data.value).toBe(''), events: ['field.created'] };
    await scenario(t, create({ name: 'age', var_type: 'number', value: null }), empty);
    await scenario(t, create({ name: 'born', var_type: 'date', value: '', description: null, display_type: '' }), empty);
  });

  test('name and type are required, and the type is one of the family', async () => {
    await scenario(t, create({}), {
      status: 422,
      body: {
        message: 'The name field is required.',
        errors: { name: ['The name field is required.'], var_type: ['The var type field is required.'], value: ['The value field is required.'] },
      },
    });
    const types = 'The var type field must be one of: text, longtext, number, boolean, date, datetime, array.';
    await scenario(t, create({ name: 'x', var_type: 'json', value: '' }), { status: 422, body: { message: types, errors: { var_type: [types] } } });
    for (const type of ['text', 'longtext', 'number', 'boolean', 'date', 'datetime', 'array']) {
      await scenario(t, create({ name: `a ${type}`, var_type: type, value: '' }), { status: 200, events: ['field.created'] });
    }
  });

  test('a field is renamed and displayed otherwise, and what is left out stays', async () => {
    const varNs = await made('rename me');
    await scenario(t, update({ var_ns: varNs, name: 'renamed', display_type: 'pin' }), { status: 200, body: { status: 'ok' }, events: ['field.updated'] });
    expect(await found('renamed')).toMatchObject({ var_ns: varNs, name: 'renamed', display_type: 'pin', var_type: 'text' });
    await scenario(t, update({ var_ns: varNs, display_type: 'hidden', name: '' }), { status: 200, body: { status: 'ok' }, events: ['field.updated'] });
    expect(await found('renamed')).toMatchObject({ display_type: 'hidden' });
    await scenario(t, update({ var_ns: varNs, name: 'Renamed' }), { status: 200, body: { status: 'ok' }, events: ['field.updated'] });
    expect(await found('renamed')).toMatchObject({ name: 'Renamed' });
    await scenario(t, update({ var_ns: varNs, name: 'Renamed' }), { status: 200, body: { status: 'ok' } });
    await scenario(t, update({ var_ns: varNs }), { status: 200, body: { status: 'ok' } });
  });

  test('a rename is refused when the name is taken, the display unknown or the field not there', async () => {
    const varNs = await made('mine');
    await made('yours');
    await scenario(t, update({ var_ns: varNs, name: 'YOURS' }), { status: 409, body: { message: 'A user field with this name already exists.' } });
    const displays = 'The display type field must be one of: default, pin, hidden.';
    await scenario(t, update({ var_ns: varNs, display_type: 'shown' }), { status: 422, body: { message: displays, errors: { display_type: [displays] } } });
    await scenario(t, update({ name: 'x' }), {
      status: 422,
      body: { message: 'The var ns field is required.', errors: { var_ns: ['The var ns field is required.'] } },
    });
    await scenario(t, update({ var_ns: `${f}v99999`, name: 'x' }), { status: 404, body: { message: 'User field not found.' } });
    await scenario(t, update({ var_ns: varNs.replace('v', 't'), name: 'x' }), { status: 404, body: { message: 'User field not found.' } });
  });

  test('of many who rename to one name at once one does, and the rest are told', async () => {
    const fields = await Promise.all(Array.from({ length: 6 }, (_, n) => made(`racer ${n}`)));
    const replies = await Promise.all(fields.map((varNs) => call(t, update({ var_ns: varNs, name: 'winner' }))));
    expect(replies.map((reply) => reply.status).sort()).toEqual([200, 409, 409, 409, 409, 409]);
  });

  test('a field is deleted by id or by name, once', async () => {
    const varNs = await made('by id');
    await made('by name');
    const gone = { status: 200, body: { status: 'ok' }, events: ['field.deleted'] };
    const missing = { status: 404, body: { message: 'User field not found.' } };
    const byId: Request = { method: 'DELETE', path: '/api/flow/delete-user-field', key: world.key, body: { var_ns: varNs } };
    const byName: Request = { method: 'DELETE', path: '/api/flow/delete-user-field-by-name', key: world.key, body: { name: 'BY NAME' } };
    await scenario(t, byId, gone);
    await scenario(t, byId, missing);
    await scenario(t, byName, gone);
    await scenario(t, byName, missing);
  });

  test('a bot field is not a user field, though they share their numbers and may share a name', async () => {
    await made('twin');
    const reply = await call(t, { method: 'POST', path: '/api/flow/create-bot-field', key: world.key, body: { name: 'twin', var_type: 'text', value: '' } });
    const botField = (reply.json as { data: { var_ns: string } }).data.var_ns;
    const missing = { status: 404, body: { message: 'User field not found.' } };
    await scenario(t, update({ var_ns: botField, name: 'x' }), missing);
    await scenario(t, { method: 'DELETE', path: '/api/flow/delete-user-field', key: world.key, body: { var_ns: botField } }, missing);
  });
});
