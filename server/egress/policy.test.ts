import { expect, test } from 'vitest';
import { makePolicy, mayAsk, mayReach, onlyTo } from './policy.ts';

const policyOf = (allow = '', egress: 'open' | 'listed' = 'open') => makePolicy({ egress, egressAllow: allow === '' ? [] : allow.split(',') });
const mayDial = (address: string, allow = '', { port = 80, host = 'a.example' } = {}) => mayReach(policyOf(allow), { host, port }, address);

const publicAddresses = [
  '1.1.1.1',
  '8.8.8.8',
  '100.63.255.255',
  '100.128.0.0',
  '172.15.0.1',
  '172.32.0.1',
  '223.255.255.254',
  '2606:4700::1111',
  '2a00:1450::1',
];

const nothingPublic = [
  ...['0.0.0.0', '0.1.2.3', '10.0.0.1', '10.255.255.255', '100.64.0.1', '100.127.255.255', '127.0.0.1', '127.255.255.254', '169.254.1.1', '169.254.169.254'],
  ...['172.16.0.1', '172.31.255.255', '192.0.0.1', '192.0.0.192', '192.0.2.1', '192.88.99.1', '192.168.0.1', '198.18.0.1', '198.19.255.255', '198.51.100.1'],
  ...['203.0.113.1', '224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255', '100.100.100.200', '168.63.129.16'],
  ...['::', '::1', 'fe80::1', 'fe80::1%eth0', 'fc00::1', 'fd00:ec2::254', 'fd20:ce::254', 'fec0::1', 'ff02::1', '100::1', '2001:db8::1', '3fff::1', '4000::1'],
  ...['2001:10::1', '2001:20::1', '2001:2::1', '5f00::1', '64:ff9b:1::a00:1', 'e000::1'],
  // IPv4 in IPv6: mapped, compatible, translated, NAT64, 6to4, Teredo (server, client), ISATAP.
  ...['::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:10.0.0.1', '::ffff:a9fe:a9fe', '::7f00:1', '::10.0.0.1', '::ffff:0:127.0.0.1', '64:ff9b::7f00:1'],
  ...[
    '64:ff9b::169.254.169.254',
    '2002:7f00:1::',
    '2002:a9fe:a9fe::1',
    '2002:c0a8:1::1',
    '2001:0:7f00:1::1',
    '2001:0:808:808:0:0:80ff:fffe',
    '2001:0:808:808::f5ff:fffe',
  ],
  ...['2606:4700::5efe:10.0.0.1', '2606:4700::200:5efe:7f00:1', '::ffff:224.0.0.1', '2002:e000:1::'],
];

test.each(publicAddresses)('%s is open to everyone', (address) => {
  expect(mayDial(address)).toBe(true);
});

test.each(nothingPublic)('%s is closed unless it is named', (address) => {
  expect(mayDial(address)).toBe(false);
});

test('a public address inside an IPv6 form is as public as by itself', () => {
  for (const address of ['::ffff:8.8.8.8', '64:ff9b::8.8.8.8', '2002:808:808::1', '2001:0:808:808:0:0:f7f7:f7f7', '2606:4700::5efe:8.8.8.8'])
    expect(mayDial(address), address).toBe(true);
});

test('an entry opens private addresses: as one, as a range, as the name they were found under', () => {
  expect(mayDial('10.0.0.7', '10.0.0.7')).toBe(true);
  expect(mayDial('::ffff:10.0.0.7', '10.0.0.7')).toBe(true);
  expect(mayDial('10.0.0.8', '10.0.0.7')).toBe(false);
  expect(mayDial('10.9.9.9', '10.0.0.0/8')).toBe(true);
  expect(mayDial('192.168.1.1', '10.0.0.0/8')).toBe(false);
  expect(mayDial('fd12::1', 'fd00::/8')).toBe(true);
  expect(mayDial('10.0.0.1', 'a.example')).toBe(true);
  expect(mayDial('10.0.0.1', 'A.Example', { host: 'a.EXAMPLE.' })).toBe(true);
  expect(mayDial('10.0.0.1', 'bücher.example', { host: 'xn--bcher-kva.example' })).toBe(true);
  expect(mayDial('10.0.0.1', 'b.example')).toBe(false);
  expect(mayDial('10.0.0.1', 'example')).toBe(false);
});

test('a port in an entry is the only one it opens', () => {
  for (const [allow, address] of [
    ['10.0.0.7:8443', '10.0.0.7'],
    ['10.0.0.0/8:8443', '10.0.0.7'],
    ['[fd12::7]:8443', 'fd12::7'],
    ['[fd00::/8]:8443', 'fd12::7'],
    ['a.example:8443', '10.0.0.7'],
  ] as const) {
    expect(mayDial(address, allow, { port: 8443 }), allow).toBe(true);
    expect(mayDial(address, allow, { port: 80 }), allow).toBe(false);
  }
});

test('loopback and link-local need their exact address and port', () => {
  for (const allow of ['127.0.0.1', '127.0.0.0/8', '127.0.0.0/8:80', 'a.example', 'a.example:80', 'localhost:80', '127.0.0.1:81'])
    expect(mayDial('127.0.0.1', allow), allow).toBe(false);
  expect(mayDial('127.0.0.1', '127.0.0.1:80')).toBe(true);
  expect(mayDial('::1', '[::1]:80')).toBe(true);
  expect(mayDial('::1', '127.0.0.1:80')).toBe(false);
  expect(mayDial('169.254.7.7', '169.254.0.0/16:80')).toBe(false);
  expect(mayDial('169.254.7.7', '169.254.7.7:80')).toBe(true);
});

test('metadata addresses must be named exactly, whatever else holds them', () => {
  for (const address of ['169.254.169.254', '100.100.100.200', '168.63.129.16', '192.0.0.192', 'fd00:ec2::254'])
    for (const allow of ['a.example', '0.0.0.0/0', '::/0', '169.254.0.0/16', '100.64.0.0/10', 'fd00::/8', '169.254.169.254'])
      expect(mayDial(address, allow), `${address} by ${allow}`).toBe(false);
  expect(mayDial('169.254.169.254', '169.254.169.254:80')).toBe(true);
  expect(mayDial('100.100.100.200', '100.100.100.200')).toBe(true);
  expect(mayDial('fd00:ec2::254', 'fd00:ec2::254')).toBe(true);
});

test('no entry opens what is no place', () => {
  for (const address of ['0.0.0.0', '::', '224.0.0.1', 'ff02::1', '255.255.255.255'])
    for (const allow of [`${address.includes(':') ? `[${address}]` : address}:80`, '0.0.0.0/0', '::/0', 'a.example'])
      expect(mayDial(address, allow)).toBe(false);
});

test('a list is asked before any name server is', () => {
  const listed = policyOf('crm.example,10.0.0.0/8,api.example:443', 'listed');
  const asks = (host: string, port = 80) => mayAsk(listed, { host, port });
  expect([asks('crm.example'), asks('CRM.example.'), asks('api.example', 443), asks('10.1.1.1')]).toEqual([true, true, true, true]);
  expect([asks('other.example'), asks('x.crm.example'), asks('api.example', 80), asks('8.8.8.8'), asks('[::1]')]).toEqual([false, false, false, false, false]);
  expect(mayReach(listed, { host: 'crm.example', port: 80 }, '8.8.8.8')).toBe(true);
  expect(mayReach(listed, { host: 'crm.example', port: 80 }, '127.0.0.1')).toBe(false);
  expect(mayAsk(policyOf(), { host: 'anything.example', port: 1 })).toBe(true);
});

test('what the operator configured is reached wherever it is, metadata apart, and nothing else is', () => {
  const mail = onlyTo({ host: 'Mail.example', port: 25 });
  expect(mayAsk(mail, { host: 'mail.example', port: 25 })).toBe(true);
  expect(mayReach(mail, { host: 'mail.example', port: 25 }, '127.0.0.1')).toBe(true);
  expect(mayReach(mail, { host: 'mail.example', port: 25 }, '169.254.169.254')).toBe(false);
  expect(mayAsk(mail, { host: 'mail.example', port: 80 })).toBe(false);
  expect(mayAsk(mail, { host: 'other.example', port: 25 })).toBe(false);
});
