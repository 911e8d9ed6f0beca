// Where a connection may go. Judged by the address that is dialled, never by the name alone: public unicast is open, the
// rest only as EGRESS_ALLOW names it. An allow-list of ranges, since every list of bad addresses has been got around.
import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import ipaddr from 'ipaddr.js';
import type { Config } from '../config.ts';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** One entry of EGRESS_ALLOW; `port` null is any. */
type Entry = { port: number | null } & ({ host: string } | { range: [Address, number] });

export type Policy = {
  isListed: boolean;
  entries: Entry[];
  /** The one server the operator configured for a purpose: reached wherever it is, metadata addresses apart. */
  configured: { host: string; port: number } | null;
};

export type Place = { host: string; port: number };

/** `local` needs its exact address and port, `private` an entry, `never` is no place at all. */
type Kind = 'public' | 'private' | 'local' | 'never';

/** The first range that holds an address says what it is; what is in none is private. */
const kinds: [range: string, kind: Kind][] = [
  ['0.0.0.0/8', 'never'],
  ['127.0.0.0/8', 'local'],
  ['169.254.0.0/16', 'local'],
  ['224.0.0.0/4', 'never'],
  ['255.255.255.255/32', 'never'],
  ['10.0.0.0/8', 'private'],
  ['100.64.0.0/10', 'private'],
  ['172.16.0.0/12', 'private'],
  ['192.0.0.0/24', 'private'],
  ['192.0.2.0/24', 'private'],
  ['192.88.99.0/24', 'private'],
  ['192.168.0.0/16', 'private'],
  ['198.18.0.0/15', 'private'],
  ['198.51.100.0/24', 'private'],
  ['203.0.113.0/24', 'private'],
  ['240.0.0.0/4', 'private'],
  ['0.0.0.0/0', 'public'],
  ['::/128', 'never'],
  ['::1/128', 'local'],
  ['fe80::/10', 'local'],
  ['ff00::/8', 'never'],
  // Protocol assignments: Teredo, benchmarking, ORCHID; then documentation.
  ['2001::/23', 'private'],
  ['2001:db8::/32', 'private'],
  ['3fff::/20', 'private'],
  ['2000::/3', 'public'],
];

/** Where clouds hand out credentials. Only an entry of exactly this address opens one; 168.63.129.16 is in public space. */
const metadata = new Set([
  '169.254.169.254',
  '169.254.170.2',
  '169.254.170.23',
  '168.63.129.16',
  '100.100.100.200',
  '192.0.0.192',
  'fd00:ec2::254',
  'fd00:ec2::23',
  'fd20:ce::254',
  'fd00:42::42',
]);

/** IPv6 forms that lead to an IPv4 address, and where in them it stands: mapped, compatible, translated, NAT64, 6to4, Teredo. */
const tunnels: { range: string; at: number; isFlipped?: boolean }[] = [
  { range: '::ffff:0:0/96', at: 12 },
  { range: '::/96', at: 12 },
  { range: '::ffff:0:0:0/96', at: 12 },
  { range: '64:ff9b::/96', at: 12 },
  { range: '2002::/16', at: 2 },
  { range: '2001::/32', at: 4 },
  { range: '2001::/32', at: 12, isFlipped: true },
];

const parsedKinds = kinds.map(([range, kind]) => ({ range: ipaddr.parseCIDR(range), kind }));
const parsedTunnels = tunnels.map(({ range, ...rest }) => ({ range: ipaddr.parseCIDR(range), ...rest }));

export function makePolicy({ egress, egressAllow }: Pick<Config, 'egress' | 'egressAllow'>): Policy {
  return { isListed: egress === 'listed', entries: egressAllow.map(entryOf), configured: null };
}

/** Only that server, wherever it is; for what the operator configured, such as SMTP_URL. */
export function onlyTo({ host, port }: Place): Policy {
  return { isListed: true, entries: [], configured: { host: nameOf(host), port } };
}

/** Asked before a name is resolved, so that a list is obeyed without a question to any name server. */
export function mayAsk(policy: Policy, { host, port }: Place): boolean {
  if (!policy.isListed || isConfigured(policy, { host, port })) return true;
  const name = nameOf(host);
  return isIP(name) ? mayReach(policy, { host, port }, name) : entriesFor(policy, port).some((entry) => 'host' in entry && entry.host === name);
}

/** Whether `address`, found under that host, may be dialled. */
export function mayReach(policy: Policy, { host, port }: Place, address: string): boolean {
  const entries = entriesFor(policy, port);
  return destinationsOf(address).every((destination) => {
    const kind = kindOf(destination);
    const isMetadata = metadata.has(destination.toString());
    if (kind === 'never') return false;
    if (isConfigured(policy, { host, port })) return !isMetadata;
    const exact = entries.filter((entry) => isExactly(entry, destination));
    if (kind === 'local') return exact.some((entry) => entry.port !== null);
    if (isMetadata) return exact.length > 0;
    const isNamed = entries.some((entry) => ('host' in entry ? entry.host === nameOf(host) : isWithin(destination, entry.range)));
    return isNamed || (kind === 'public' && !policy.isListed);
  });
}

function entryOf(text: string): Entry {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const target = bracketed ?? plain ?? text;
  const port = digits === undefined ? null : Number(digits);
  const [address = '', bits] = target.split('/');
  if (isIP(address) === 0) return { port, host: nameOf(target) };
  const parsed = ipaddr.parse(address);
  return { port, range: [parsed, bits === undefined ? widthOf(parsed) : Number(bits)] };
}

function entriesFor(policy: Policy, port: number): Entry[] {
  return policy.entries.filter((entry) => entry.port === null || entry.port === port);
}

function isConfigured({ configured }: Policy, { host, port }: Place): boolean {
  return configured !== null && configured.port === port && configured.host === nameOf(host);
}

function isExactly(entry: Entry, address: Address): boolean {
  return 'range' in entry && entry.range[1] === widthOf(entry.range[0]) && isWithin(address, entry.range);
}

function isWithin(address: Address, [base, bits]: [Address, number]): boolean {
  return address.kind() === base.kind() && address.match(base, bits);
}

function widthOf(address: Address): number {
  return address.kind() === 'ipv4' ? 32 : 128;
}

/** Lower case, ASCII, without the brackets of a literal and the dot of the root. */
export function nameOf(host: string): string {
  const bare = host.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
  return isIP(bare) === 0 ? domainToASCII(bare) : bare.toLowerCase();
}

/** The address itself, or every IPv4 address it would lead to. */
function destinationsOf(text: string): Address[] {
  const address = ipaddr.parse(text);
  if (address.kind() === 'ipv4' || ['::', '::1'].includes(address.toString())) return [address];
  const bytes = address.toByteArray();
  const inside = parsedTunnels
    .filter(({ range }) => isWithin(address, range))
    .map(({ at, isFlipped }) => ipaddr.fromByteArray(bytes.slice(at, at + 4).map((byte) => (isFlipped ? byte ^ 0xff : byte))));
  // ISATAP: any prefix, and the address of the other end in the interface's.
  const isIsatap = (bytes[8] === 0 || bytes[8] === 2) && bytes[9] === 0 && bytes[10] === 0x5e && bytes[11] === 0xfe;
  if (isIsatap) return [address, ipaddr.fromByteArray(bytes.slice(12))];
  return inside.length > 0 ? inside : [address];
}

function kindOf(address: Address): Kind {
  return parsedKinds.find(({ range }) => isWithin(address, range))?.kind ?? 'private';
}
