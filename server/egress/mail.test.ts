import tls from 'node:tls';
import { afterEach, expect, test } from 'vitest';
import { certificate } from '../testing/doubles/certificate.ts';
import { type SmtpServer, smtpServer } from '../testing/doubles/smtp-server.ts';
import { type Mail, postMail } from './mail.ts';

const mail: Mail = { from: 'Acme <chat@acme.example>', to: 'jo@example.com', subject: 'Grüße', text: 'Hello\n.\nThere', html: null, id: '<1@acme.example>' };

let server: SmtpServer;
afterEach(() => server.close());

const resolve = async (): Promise<string[]> => ['127.0.0.1'];
const post = (more: Partial<Mail> = {}, { query = '', auth = '', waitMs = 300 } = {}) =>
  postMail({ smtpUrl: `smtp://${auth}mail.example:${server.port}${query}`, resolve, waitMs }, { ...mail, ...more });

test('a mail is handed over whole, from the sender to the one recipient', async () => {
  server = await smtpServer();
  expect(await post({ html: '<b>Hello</b>' })).toEqual({ kind: 'sent' });
  const [taken] = server.taken;
  expect(taken).toMatchObject({ from: 'FROM:<chat@acme.example>', to: ['TO:<jo@example.com>'], isSecure: false });
  for (const part of ['From: Acme <chat@acme.example>', 'To: jo@example.com', 'Message-ID: <1@acme.example>', 'Auto-Submitted: auto-generated', '<b>Hello</b>'])
    expect(taken?.content).toContain(part);
  expect(taken?.content).toMatch(/Subject: =\?UTF-8\?/);
});

test('nothing in it becomes a header, a recipient or a command', async () => {
  server = await smtpServer();
  const subject = 'Hi\r\nBcc: everyone@example.com\r\n\r\nbody';
  const name = '"x\r\nBcc: everyone@example.com" <chat@acme.example>';
  expect((await post({ subject, from: name, text: 'a\r\n.\r\nMAIL FROM:<x@example.com>\r\n', id: '<1@x>\r\nBcc: everyone@example.com' })).kind).toBe('sent');
  const [head = ''] = server.taken[0]?.content.split('\r\n\r\n') ?? [];
  expect(head).not.toMatch(/^Bcc:/im);
  expect(server.taken.length).toBe(1);
  expect(server.commands.filter((one) => one.startsWith('RCPT'))).toEqual(['RCPT TO:<jo@example.com>']);
  expect(server.commands.filter((one) => one.startsWith('MAIL')).length).toBe(1);
});

test('no file is read and no address fetched for it', async () => {
  server = await smtpServer();
  const sly = { path: '/etc/passwd' } as unknown as string;
  await expect(post({ text: sly })).rejects.toThrow(/File access rejected/);
  await expect(post({ html: { href: 'http://127.0.0.1:1/' } as unknown as string })).rejects.toThrow(/Url access rejected/);
  expect(server.commands).toEqual([]);
});

test('refused is for good, put off is for later, and a wrong password is refused', async () => {
  server = await smtpServer({ manner: 'refuse' });
  expect(await post()).toMatchObject({ kind: 'refused', error: expect.stringContaining('550') });
  server.manner = 'defer';
  expect(await post()).toMatchObject({ kind: 'later', error: expect.stringContaining('451') });
  server.manner = 'accept';
  expect(await post({}, { auth: 'me:wrong@', query: '?ignoreTLS=true' })).toMatchObject({ kind: 'refused', error: expect.stringContaining('535') });
  expect(server.taken).toEqual([]);
});

test('a server that is silent or gone is asked again later', async () => {
  server = await smtpServer({ manner: 'stall' });
  expect(await post()).toMatchObject({ kind: 'later' });
  await server.close();
  expect(await post()).toMatchObject({ kind: 'later', error: expect.stringContaining('ECONNREFUSED') });
});

test('when no answer comes for the content, nobody knows', async () => {
  server = await smtpServer({ manner: 'stall-after-data' });
  expect((await post()).kind).toBe('unknown');
  server.manner = 'drop-in-data';
  expect((await post({ text: 'x'.repeat(10_000_000) })).kind).toBe('unknown');
});

test('a password goes over TLS alone, verified for the name of the server', async () => {
  server = await smtpServer();
  expect(await post({}, { auth: 'me:p%40ss@' })).toMatchObject({ kind: 'refused' });
  expect(server.commands.filter((one) => one.startsWith('AUTH'))).toEqual([]);
  await server.close();
  server = await smtpServer({ offersTls: true });
  expect(await post({}, { auth: 'me:p%40ss@' })).toMatchObject({ kind: 'refused', error: expect.stringContaining('self-signed') });
  const trusted = tls.getCACertificates();
  tls.setDefaultCACertificates([...trusted, certificate]);
  expect(await post({}, { auth: 'me:p%40ss@' })).toEqual({ kind: 'sent' });
  tls.setDefaultCACertificates(trusted);
  expect(server.taken).toMatchObject([{ auth: '\0me\0p@ss', isSecure: true }]);
});

test('the server is where it was configured, except at a metadata address', async () => {
  server = await smtpServer();
  const elsewhere = await postMail({ smtpUrl: 'smtp://mail.example:25', resolve: async () => ['169.254.169.254'] }, mail);
  expect(elsewhere).toMatchObject({ kind: 'refused', error: expect.stringContaining('not a public address') });
});
