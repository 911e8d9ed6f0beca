import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { databaseKinds } from '../../testing/databases.ts';
import { makeKeyFor, makeMember, makeWorld, session, type World } from '../../testing/factories.ts';
import { sameAsUnknown, scenario } from '../../testing/scenario.ts';
import { type TestApp, testApp } from '../../testing/test-app.ts';

describe.each(databaseKinds)('settings on %s', (kind) => {
  let t: TestApp;
  let world: World;
  let other: World;
  let owner: Record<string, string>;
  beforeAll(async () => {
    t = await testApp(kind);
    world = await makeWorld(t.app);
    other = await makeWorld(t.app);
    owner = await session(t.app, world.account);
  });
  afterAll(() => t.close());

  const get = { method: 'GET' as const, path: '/v1/settings' };
  const patch = (body: object, headers = owner) => ({ method: 'PATCH' as const, path: '/v1/settings', headers, body });

  test('a workspace begins with the usual and changes by what is given', async () => {
    const fallback_text = 'Something went wrong on our side. A colleague will get back to you.';
    const usual = {
      name: 'Acme',
      image: null,
      timezone: 'UTC',
      business_hours: null,
      open: { is_open: true, until: null },
      command_words: { restart: ['restart'], stop: ['stop', 'unsubscribe'], agent: ['agent', 'human'], menu: ['menu'] },
      language: 'en',
      currency: 'USD',
      code_enabled: false,
      fallback_text,
      file_quota_mb: 10_240,
      channels: { web: { expires_after: '30d', late_reply: 'resume', quiet_time: null } },
      late_question: { text: 'Welcome back! Shall we go on where we stopped?', go_on: 'Go on', start_again: 'Start again' },
      handoff_timers: 'freeze',
    };
    await scenario(t, { ...get, headers: owner }, { status: 200, body: usual });
    await scenario(t, patch({ timezone: 'Europe/Kyiv', currency: 'UAH' }), {
      status: 200,
      body: { ...usual, timezone: 'Europe/Kyiv', currency: 'UAH' },
      events: ['settings.updated'],
    });
    const now = { ...usual, name: 'Acme Inc.', image: 'data:image/png;base64,AAAA', timezone: 'Europe/Kyiv', language: 'pt-BR', currency: 'UAH' };
    await scenario(t, patch({ name: now.name, image: now.image, language: now.language }), { status: 200, body: now, events: ['settings.updated'] });
    await scenario(t, patch(now), { status: 200, body: now });
    const [event] = await t.app.db.selectFrom('event').select('data').where('kind', '=', 'settings.updated').orderBy('id', 'desc').limit(1).execute();
    expect(event?.data).toBe('{"changed":["name","image","language"]}');
    await scenario(t, patch({ code_enabled: true }), { status: 200, body: { ...now, code_enabled: true }, events: ['settings.updated'] });
    await scenario(t, patch({ code_enabled: true }), { status: 200, body: { ...now, code_enabled: true } });
    await scenario(t, patch({ file_quota_mb: 0 }), { status: 200, body: { ...now, code_enabled: true, file_quota_mb: 0 }, events: ['settings.updated'] });
    for (const file_quota_mb of [-1, 1.5, 10_000_001, '5']) await scenario(t, patch({ file_quota_mb }), { status: 422 });
    await scenario(t, { ...get, headers: await session(t.app, other.account) }, { status: 200, body: usual });
  });

  test('business hours are set whole, read back as written, and taken back', async () => {
    const closed = { '1': [], '2': [], '3': [], '4': [], '5': [], '6': [], '7': [] };
    const noon = [
      { from: '09:00', to: '12:30' },
      { from: '13:00', to: '24:00' },
    ];
    const hours = { ...closed, '1': noon, '5': [{ from: '00:00', to: '24:00' }] };
    const isHours = (expected: object | null) => (body: { business_hours: object }) => expect(body.business_hours).toEqual(expected);
    await scenario(t, patch({ business_hours: hours }), { status: 200, body: isHours(hours), events: ['settings.updated'] });
    await scenario(t, patch({ business_hours: hours }), { status: 200, body: isHours(hours) });
    await scenario(t, { ...get, headers: owner }, { status: 200, body: isHours(hours) });
    const wrong = [
      [{ from: '09:00', to: '09:00' }],
      [{ from: '17:00', to: '09:00' }],
      [...noon].reverse(),
      [
        { from: '09:00', to: '12:00' },
        { from: '11:00', to: '13:00' },
      ],
      [{ from: '9:00', to: '12:00' }],
      [{ from: '09:01', to: '12:00' }],
      [{ from: '09:00', to: '25:00' }],
      [{ from: '24:00', to: '24:00' }],
      'always',
    ];
    for (const day of wrong) await scenario(t, patch({ business_hours: { ...closed, '2': day } }), { status: 422 });
    await scenario(t, patch({ business_hours: { '1': noon } }), { status: 422 });
    await scenario(t, patch({ business_hours: null }), { status: 200, body: isHours(null), events: ['settings.updated'] });
  });

  test('single dates go their own way, and the reply says until when it is open', async () => {
    const day = [{ from: '09:00', to: '17:00' }];
    const week = { '1': day, '2': day, '3': day, '4': day, '5': day, '6': [], '7': [] };
    // A Thursday; the Friday is a holiday, the Saturday is open for once.
    t.clock.set(Date.parse('2026-01-15T10:00:00Z'));
    await scenario(t, patch({ timezone: 'UTC' }), { status: 200, events: ['settings.updated'] });
    const hours = { ...week, dates: { '2026-01-16': [], '2026-01-17': [{ from: '10:00', to: '12:00' }] } };
    type Shown = { business_hours: object; open: { is_open: boolean; until: number | null } };
    const isOpen = (is_open: boolean, until: string) => (body: Shown) => expect(body.open).toEqual({ is_open, until: Date.parse(until) });
    await scenario(t, patch({ business_hours: hours }), { status: 200, body: isOpen(true, '2026-01-15T17:00:00Z'), events: ['settings.updated'] });
    await scenario(t, { ...get, headers: owner }, { status: 200, body: (body: Shown) => expect(body.business_hours).toEqual(hours) });
    t.clock.set(Date.parse('2026-01-16T10:00:00Z'));
    await scenario(t, { ...get, headers: owner }, { status: 200, body: isOpen(false, '2026-01-17T10:00:00Z') });
    for (const dates of [{ '2026-02-30': [] }, { '1': [] }, { christmas: [] }, { '2026-12-24': [{ from: '12:00', to: '09:00' }] }, []])
      await scenario(t, patch({ business_hours: { ...week, dates } }), { status: 422 });
    const many = Object.fromEntries(Array.from({ length: 401 }, (_, at) => [new Date(at * 86_400_000).toISOString().slice(0, 10), []]));
    await scenario(t, patch({ business_hours: { ...week, dates: many } }), { status: 422 });
    await scenario(t, patch({ business_hours: null }), {
      status: 200,
      body: (body: Shown) => expect(body.open).toEqual({ is_open: true, until: null }),
      events: ['settings.updated'],
    });
  });

  test('command words are changed one by one, may be none, and mean one command each', async () => {
    type Words = { command_words: Record<string, string[]> };
    const has = (expected: object) => (body: Words) => expect(body.command_words).toMatchObject(expected);
    const german = { restart: ['neu', 'von vorn'], menu: [] };
    await scenario(t, patch({ command_words: german }), { status: 200, body: has({ ...german, agent: ['agent', 'human'] }), events: ['settings.updated'] });
    await scenario(t, patch({ command_words: german }), { status: 200, body: has(german) });
    await scenario(t, patch({ command_words: {} }), { status: 200, body: has(german) });
    await scenario(t, patch({ command_words: { stop: ['Stöp', ' NEU '] } }), {
      status: 422,
      body: (problem: { detail: string }) => expect(problem.detail).toBe('“neu” stands there twice. A word means one command.'),
    });
    for (const words of [[''], ['x'.repeat(61)], [7], Array.from({ length: 21 }, (_, at) => `w${at}`), 'stop'])
      await scenario(t, patch({ command_words: { stop: words } }), { status: 422 });
    await scenario(t, patch({ command_words: { restart: ['restart'], menu: ['menu'] } }), { status: 200, events: ['settings.updated'] });
  });

  test('zones, languages and currencies that are none are refused', async () => {
    for (const timezone of ['Asia/Kolkata', 'Asia/Calcutta', 'America/Argentina/Buenos_Aires', 'Etc/UTC', 'UTC']) {
      await scenario(t, patch({ timezone }), { status: 200, events: ['settings.updated'] });
    }
    for (const wrong of [
      { timezone: 'Mars/Olympus' },
      { timezone: '+01:00' },
      { timezone: '' },
      { language: 'english please' },
      { language: 'EN' },
      { currency: 'EURO' },
      { currency: 'XQQ' },
      { name: '' },
    ]) {
      const [field] = Object.keys(wrong);
      await scenario(t, patch(wrong), { status: 422, body: (problem: { errors: object[] }) => expect(problem.errors).toMatchObject([{ loc: [field] }]) });
    }
  });

  test('every member reads them, only owners and admins change them', async () => {
    for (const role of ['builder', 'agent', 'viewer'] as const) {
      const headers = await session(t.app, (await makeMember(t.app, world, role)).account);
      await scenario(t, { ...get, headers }, { status: 200 });
      await scenario(t, patch({ language: 'de' }, headers), { status: 403 });
    }
    await scenario(t, { ...get, key: await makeKeyFor(t.app, world, ['chats:read']) }, { status: 200 });
    await scenario(t, patch({ language: 'de' }, { authorization: `Bearer ${await makeKeyFor(t.app, world, ['Manage Flow'])}` }), { status: 403 });
    await scenario(t, patch({ language: 'de' }, { authorization: `Bearer ${world.key}` }), { status: 200, events: ['settings.updated'] });
    await scenario(t, patch({ language: 'fr' }, { cookie: owner.cookie ?? '' }), { status: 403 });
  });

  test('another’s workspace answers like one that never was', async () => {
    await sameAsUnknown(t, (id) => ({ ...get, headers: { ...owner, 'x-workspace': String(id) } }), other.workspace.id);
    await sameAsUnknown(t, (id) => patch({ language: 'de' }, { ...owner, 'x-workspace': String(id) }), other.workspace.id);
  });
});
