// Uploads on a real connection: what breaks off, what comes slowly, what waits to be invited.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rawClient, sendRaw } from '../../testing/doubles/raw-client.ts';
import { makeWorld, type World } from '../../testing/factories.ts';
import { formOf } from '../../testing/files/form.ts';
import { type Listening, listen } from '../../testing/listen.ts';
import { type TestApp, testApp } from '../../testing/test-app.ts';

describe('an upload on a connection', () => {
  let t: TestApp;
  let world: World;
  let on: Listening;
  beforeAll(async () => {
    t = await testApp();
    world = await makeWorld(t.app);
    on = await listen(t.app, { bounds: { requestMs: 300, lookMs: 50, maxUploads: 2 } });
  });
  afterAll(async () => {
    await on.close();
    await t.close();
  });

  const form = formOf({ name: 'a.bin', type: 'x/y', bytes: Buffer.alloc(300_000, 1) });
  const head = (length: number, path = '/v1/files', ...more: string[]): string =>
    [
      `POST ${path} HTTP/1.1`,
      'Host: x',
      `X-API-KEY: ${world.key}`,
      `Content-Type: ${form.headers['content-type']}`,
      `Content-Length: ${length}`,
      ...more,
      '',
      '',
    ].join('\r\n');
  const rows = () => t.app.db.selectFrom('file').select('state').execute();
  async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
    while (!(await holds())) await sleep(10);
  }

  test('that its sender gives up leaves nothing, and is no fault of ours', async () => {
    for (const sent of [400, 100_000, form.body.length - 4]) {
      const client = await rawClient(on.port);
      client.send(head(form.body.length));
      client.send(form.body.subarray(0, sent));
      await until(async () => (await rows()).length > 0);
      client.end();
      await until(async () => (await rows()).length === 0);
    }
    await until(async () => (await t.app.files.list('', null, 10)).keys.length === 0);
    expect(t.lines.filter((line) => line.includes('"level":"error"'))).toEqual([]);
  });

  test('may take longer than what brings no file', async () => {
    const [upload, other] = [await rawClient(on.port), await rawClient(on.port)];
    upload.send(head(form.body.length));
    upload.send(form.body.subarray(0, 1_000));
    other.send(head(100, '/v1/flows').replace(/multipart[^\r]*/, 'application/json'));
    expect((await other.waitFor(1))[0]?.status).toBe(408);
    upload.send(form.body.subarray(1_000));
    expect((await upload.waitFor(1))[0]?.status).toBe(201);
    upload.end();
    other.end();
  });

  test('is one of so many at once, and what brings no file does not wait for them', async () => {
    const slow = [await rawClient(on.port), await rawClient(on.port)];
    for (const client of slow) {
      client.send(head(form.body.length));
      client.send(form.body.subarray(0, 1_000));
    }
    await until(async () => (await rows()).filter((one) => one.state === 'arriving').length === 2);
    const [refused] = await sendRaw(on.port, Buffer.concat([Buffer.from(head(form.body.length)), form.body]));
    expect([refused?.status, refused?.headers['retry-after']]).toEqual([503, '5']);
    const [other] = await sendRaw(on.port, `GET /v1/me HTTP/1.1\r\nHost: x\r\nX-API-KEY: ${world.key}\r\n\r\n`);
    expect(other?.status).toBe(200);
    for (const client of slow) client.end();
    await until(async () => (await rows()).every((one) => one.state === 'loose'));
  });

  test('is invited when its length may pass, and refused at once when it may not', async () => {
    const client = await rawClient(on.port);
    client.send(head(form.body.length, '/v1/files', 'Expect: 100-continue'));
    expect((await client.waitFor(1))[0]?.status).toBe(100);
    client.send(form.body);
    expect((await client.waitFor(2))[1]?.status).toBe(201);
    client.end();
    const [refused] = await sendRaw(on.port, head(500_000_000, '/v1/files', 'Expect: 100-continue'));
    expect([refused?.status, refused?.headers.connection]).toEqual([413, 'close']);
    expect(refused?.body).toContain('The file is larger than 10 MB.');
  });

  test('without a length is counted as it comes', async () => {
    const client = await rawClient(on.port);
    client.send(head(0).replace('Content-Length: 0', 'Transfer-Encoding: chunked'));
    const big = formOf({ name: 'a', type: '', bytes: Buffer.alloc(11 * 1024 * 1024) }).body;
    for (let at = 0; at < big.length && !client.socket.destroyed; at += 65_536) {
      const piece = big.subarray(at, at + 65_536);
      client.send(Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')]));
      if (client.socket.writableNeedDrain) await Promise.race([new Promise((done) => client.socket.once('drain', done)), client.closed]);
    }
    const [reply] = await client.waitFor(1);
    expect(reply?.status ?? 413).toBe(413);
    client.end();
    await until(async () => (await rows()).every((one) => one.state === 'loose'));
  });
});
