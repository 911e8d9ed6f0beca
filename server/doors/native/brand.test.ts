import { describe, expect, test } from 'vitest';
import { beginWorkspace } from '../../commands/begin.ts';
import { readBrand } from '../../commands/brand.ts';
import { databaseKinds } from '../../testing/databases.ts';
import { makeMember, makeWorld, session } from '../../testing/factories.ts';
import { scenario } from '../../testing/scenario.ts';
import { testApp } from '../../testing/test-app.ts';

const product = { name: 'Parley', logo: null, color: '#2f6fed', favicon: null, support_url: null, mail_from: null };

describe.each(databaseKinds)('the brand on %s', (kind) => {
  test('is the product’s, under that of the configuration, under what its owners store', async () => {
    const t = await testApp(kind, { BRAND_NAME: 'Configured', BRAND_COLOR: '#112233' });
    const owner = await session(t.app, (await makeWorld(t.app)).account);
    const get = { method: 'GET' as const, path: '/v1/brand' };
    const patch = (body: object) => ({ method: 'PATCH' as const, path: '/v1/brand', headers: owner, body });
    const configured = { ...product, name: 'Configured', color: '#112233' };
    await scenario(t, get, { status: 200, body: configured });
    const stored = {
      name: 'Acme Chat',
      logo: 'https://acme.example/logo.svg',
      color: '#AABBCC',
      favicon: 'data:image/x-icon;base64,AAAA',
      support_url: 'mailto:help@acme.example',
      mail_from: 'Acme Chat <chat@acme.example>',
    };
    await scenario(t, patch(stored), { status: 200, body: stored, events: ['brand.updated'] });
    await scenario(t, patch(stored), { status: 200, body: stored });
    await scenario(t, get, { status: 200, body: stored });
    expect(await readBrand(t.app)).toMatchObject({ name: 'Acme Chat', supportUrl: 'mailto:help@acme.example' });
    await scenario(t, patch({ name: null, logo: null }), { status: 200, body: { ...stored, name: 'Configured', logo: null }, events: ['brand.updated'] });
    await scenario(t, patch({ color: null, favicon: null, support_url: null, mail_from: null }), { status: 200, body: configured, events: ['brand.updated'] });
    await scenario(t, patch({ color: null }), { status: 200, body: configured });
    await t.close();
  });

  test('is changed by owners of the first workspace and nobody else', async () => {
    const t = await testApp(kind);
    const first = await makeWorld(t.app);
    const second = await makeWorld(t.app);
    const ask = (headers: Record<string, string>) => ({ method: 'PATCH' as const, path: '/v1/brand', headers, body: { name: 'Mine' } });
    await scenario(t, ask({}), { status: 401 });
    await scenario(t, ask({ authorization: `Bearer ${first.key}` }), { status: 403 });
    await scenario(t, ask(await session(t.app, second.account)), { status: 403 });
    await scenario(t, ask({ ...(await session(t.app, second.account)), 'x-workspace': String(second.workspace.id) }), { status: 403 });
    await scenario(t, ask(await session(t.app, (await makeMember(t.app, first, 'admin')).account)), { status: 403 });
    await t.app.transact((tx) => beginWorkspace(t.app, tx, second.account, { workspace: 'Third', bot: 'Helper' }));
    await scenario(t, ask(await session(t.app, second.account)), { status: 403 });
    const { cookie, ...csrf } = await session(t.app, (await makeMember(t.app, first, 'owner')).account);
    await scenario(t, ask({ cookie }), { status: 403 });
    await scenario(t, ask({ cookie, ...csrf }), { status: 200, events: ['brand.updated'] });
    await t.close();
  });

  test('takes nothing that a page or a mail could be broken with', async () => {
    const t = await testApp(kind);
    const headers = await session(t.app, (await makeWorld(t.app)).account);
    for (const wrong of [
      { name: '' },
      { name: 'x'.repeat(101) },
      { logo: 'javascript:alert(1)' },
      { logo: 'data:text/html;base64,AAAA' },
      { favicon: '/favicon.ico' },
      { color: 'red' },
      { color: '#12345' },
      { support_url: 'ftp://acme.example' },
      { mail_from: 'Acme' },
      { mail_from: 'Acme\r\nBcc: all@example.com <chat@acme.example>' },
    ]) {
      const [field] = Object.keys(wrong);
      const expected = { status: 422, body: (problem: { errors: object[] }) => expect(problem.errors).toMatchObject([{ loc: [field] }]) };
      await scenario(t, { method: 'PATCH', path: '/v1/brand', headers, body: wrong }, expected);
    }
    await scenario(t, { method: 'GET', path: '/v1/brand' }, { status: 200, body: product });
    await t.close();
  });
});
