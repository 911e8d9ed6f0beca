import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { databaseKinds } from '../../testing/databases.ts';
import { makeWorld, type World } from '../../testing/factories.ts';
import { call, type Request, scenario } from '../../testing/scenario.ts';
import { type TestApp, testApp } from '../../testing/test-app.ts';

describe.each(databaseKinds)('tags on %s', (kind) => {
  let t: TestApp;
  let world: World;
  let f: string;
  beforeAll(async () => {
    t = await testApp(kind, { PUBLIC_URL: 'https://chat.example.com' });
    world = await makeWorld(t.app);
    f = `f${world.bot.id}`;
  });
  afterAll(() => t.close());

  const create = (name: unknown): Request => ({ method: 'POST', path: '/api/flow/create-tag', key: world.key, body: { name } });
  const list = (query = ''): Request => ({ method: 'GET', path: `/api/flow/tags${query}`, key: world.key });
  const names = async (query: string): Promise<string[]> => ((await call(t, list(query))).json as { data: { name: string }[] }).data.map((tag) => tag.name);

  test('a bot without tags has an empty list', async () => {
    const url = 'https://chat.example.com/api/flow/tags?page=1';
    await scenario(t, list(), {
      status: 200,
      body: {
        data: [],
        links: { first: url, last: url, prev: null, next: null },
        meta: { current_page: 1, from: null, last_page: 1, per_page: 10, to: null, total: 0 },
        status: 'ok',
      },
    });
  });

  test('a tag is created, and refused a second time whatever its case', async () => {
    const tag = { name: 'VIP', tag_ns: `${f}t1` };
    await scenario(t, create(' VIP '), { status: 200, body: { ...tag, data: tag, status: 'ok' }, events: ['tag.created'] });
    await scenario(t, create('vip'), { status: 409, body: { message: 'A tag with this name already exists.' } });
  });

  test('unknown keys of a body are ignored, and wrong ones are named', async () => {
    const body = { name: 'loose', tag_ns: 'f9t9', colour: ['red'] };
    await scenario(
      t,
      { ...create('loose'), body },
      { status: 200, body: (reply: { name: string }) => expect(reply.name).toBe('loose'), events: ['tag.created'] },
    );
    const required = { message: 'The name field is required.', errors: { name: ['The name field is required.'] } };
    await scenario(t, create(undefined), { status: 422, body: required });
    await scenario(t, create('  '), { status: 422, body: required });
    const long = { message: 'The name field must have at most 255 characters.', errors: { name: ['The name field must have at most 255 characters.'] } };
    await scenario(t, create('x'.repeat(256)), { status: 422, body: long });
    await scenario(t, create(7), {
      status: 422,
      body: { message: 'The name field must be a string.', errors: { name: ['The name field must be a string.'] } },
    });
    await scenario(
      t,
      { ...create(''), body: ['x'] },
      { status: 422, body: { message: 'The body field must be an object.', errors: { body: ['The body field must be an object.'] } } },
    );
  });

  test('a tag is deleted by id or by name, by DELETE with a body or a query, or by POST with an override', async () => {
    for (const name of ['one', 'two', 'three', 'four', 'five']) await call(t, create(name));
    const gone = { status: 200, body: { status: 'ok' }, events: ['tag.deleted'] };
    const byName: Request = { method: 'DELETE', path: '/api/flow/delete-tag-by-name', key: world.key };
    const override = { 'x-http-method-override': 'DELETE' };
    await scenario(t, { ...byName, body: { name: 'ONE' } }, gone);
    await scenario(t, { ...byName, path: `${byName.path}?name=two` }, gone);
    await scenario(t, { ...byName, method: 'POST', headers: override, body: { name: 'three' } }, gone);
    await scenario(t, { ...byName, method: 'POST', headers: override, path: `${byName.path}?name=four` }, gone);
    // What the body says holds.
    await scenario(t, { ...byName, path: `${byName.path}?name=five`, body: { name: 'six' } }, { status: 404, body: { message: 'Tag not found.' } });
    const [{ tag_ns }] = ((await call(t, list('?name=five'))).json as { data: [{ tag_ns: string }] }).data;
    await scenario(t, { method: 'DELETE', path: '/api/flow/delete-tag', key: world.key, body: { tag_ns } }, gone);
    for (const wrong of [tag_ns, `${f}v1`, 'f9t9', 'VIP', 'f', "'; drop table tag"]) {
      await scenario(
        t,
        { method: 'DELETE', path: '/api/flow/delete-tag', key: world.key, body: { tag_ns: wrong } },
        { status: 404, body: { message: 'Tag not found.' } },
      );
    }
    await scenario(t, byName, { status: 422, body: { message: 'The name field is required.', errors: { name: ['The name field is required.'] } } });
  });

  test('names are searched whatever their case, and % and _ are letters like others', async () => {
    for (const name of ['Änderung', '100%', '100 percent', 'snake_case', 'snakeXcase']) await call(t, create(name));
    expect(await names('?name=%C3%A4nd')).toEqual(['Änderung']);
    expect(await names('?name=A%CC%88ND')).toEqual(['Änderung']);
    expect(await names('?name=100%25')).toEqual(['100%']);
    expect(await names('?name=e_c')).toEqual(['snake_case']);
    expect(await names('?name=nothing')).toEqual([]);
    expect((await names('?name=')).length).toBeGreaterThan(5);
  });

  test('a list comes in pages that say where they stand', async () => {
    const other = await makeWorld(t.app);
    for (let n = 1; n <= 25; n += 1) await call(t, { ...create(`t${n}`), key: other.key });
    const page = async (query: string) => (await call(t, { ...list(query), key: other.key })).json as { data: { name: string }[]; links: object; meta: object };
    const at = (query: string) => `https://chat.example.com/api/flow/tags?${query}`;

    const second = await page('?page=2&limit=10');
    expect(second.data.map((tag) => tag.name)).toEqual(['t11', 't12', 't13', 't14', 't15', 't16', 't17', 't18', 't19', 't20']);
    expect(second.meta).toEqual({ current_page: 2, from: 11, last_page: 3, per_page: 10, to: 20, total: 25 });
    expect(second.links).toEqual({ first: at('page=1&limit=10'), last: at('page=3&limit=10'), prev: at('page=1&limit=10'), next: at('page=3&limit=10') });

    const last = await page('?per_page=12&page=3&name=');
    expect(last.data.map((tag) => tag.name)).toEqual(['t25']);
    expect(last.meta).toEqual({ current_page: 3, from: 25, last_page: 3, per_page: 12, to: 25, total: 25 });
    expect(last.links).toMatchObject({ prev: at('per_page=12&page=2&name='), next: null });

    const past = await page('?limit=10&page=99');
    expect(past.data).toEqual([]);
    expect(past.meta).toEqual({ current_page: 99, from: null, last_page: 3, per_page: 10, to: null, total: 25 });
    expect(past.links).toMatchObject({ prev: at('limit=10&page=3'), next: null });

    expect((await page('?name=t2&limit=3&page=2')).meta).toEqual({ current_page: 2, from: 4, last_page: 3, per_page: 3, to: 6, total: 7 });
    expect((await page('?limit=5&per_page=7')).meta).toMatchObject({ per_page: 5 });
    expect((await page('?limit=&page=&colour=red')).meta).toMatchObject({ per_page: 10, current_page: 1 });
  });

  test('a page or limit out of range is refused by name', async () => {
    const wrong = async (query: string, field: string, text: string) => {
      await scenario(t, list(query), { status: 422, body: { message: text, errors: { [field]: [text] } } });
    };
    await wrong('?limit=0', 'limit', 'The limit field must be at least 1.');
    await wrong('?limit=101', 'limit', 'The limit field must be at most 100.');
    await wrong('?per_page=1000', 'per_page', 'The per page field must be at most 100.');
    await wrong('?page=0', 'page', 'The page field must be at least 1.');
    await wrong('?page=-3', 'page', 'The page field must be at least 1.');
    await wrong('?page=two', 'page', 'The page field must be a number.');
    await wrong('?page=1.5', 'page', 'The page field must be a whole number.');
    await scenario(t, list('?limit=0&page=0'), {
      status: 422,
      body: {
        message: 'The limit field must be at least 1.',
        errors: { limit: ['The limit field must be at least 1.'], page: ['The page field must be at least 1.'] },
      },
    });
  });

  test('of many who create the same tag at once one does, and the rest are told', async () => {
    const replies = await Promise.all(Array.from({ length: 8 }, (_, n) => call(t, create(n % 2 === 0 ? 'rush' : 'RUSH'))));
    expect(replies.map((reply) => reply.status).sort()).toEqual([200, 409, 409, 409, 409, 409, 409, 409]);
    expect((await call(t, list('?name=rush'))).json).toMatchObject({ meta: { total: 1 } });
  });
});
