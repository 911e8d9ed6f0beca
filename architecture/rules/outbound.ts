// One way out: what opens a connection is in egress/, where the address is judged by the same code that dials it.
import { matchesAny } from '../patterns.ts';
import type { Finding, Rule } from '../rule.ts';
import { chainOf, type Placed, type Source } from '../source.ts';

/** Who may open a connection, and to where. */
const doorsOut: Record<string, string> = {
  'server/egress/**': 'the network, under the policy',
  'server/store/database/**': 'the database',
  'server/cli/running-server.ts': 'the server beside the command line, on this machine (server.json)',
  'admin/api.ts': 'our own server',
  'widget/api.ts': 'our own server',
  'widget/api/**': 'our own server',
  'sdk/**': 'our own server',
};

const calls =
  /^(globalThis\.|window\.)?fetch$|^(http|https|http2)\.(request|get|connect)$|^(net|tls)\.(connect|createConnection)$|^dgram\.createSocket$|^navigator\.sendBeacon$/;
const made = new Set(['WebSocket', 'EventSource', 'XMLHttpRequest', 'Socket', 'net.Socket', 'tls.TLSSocket']);
const dialers: Record<string, RegExp> = {
  'node:http': /^(request|get|Agent)$/,
  'node:https': /^(request|get|Agent)$/,
  'node:http2': /^connect$/,
  'node:net': /^(connect|createConnection|Socket)$/,
  'node:tls': /^(connect|TLSSocket)$/,
  'node:dgram': /^createSocket$/,
};

export const outbound: Rule = {
  name: 'only egress/ opens an outbound connection',
  check: (tree) => tree.product.filter(({ path }) => !matchesAny(Object.keys(doorsOut), path)).flatMap(findingsOf),
  planted: [
    {
      'server/effects/http.ts': `
        import { createServer, type IncomingMessage } from 'node:http';
        import { request } from 'node:https'; ✗
        import * as net from 'node:net';
        await fetch('https://example.com'); ✗
        await globalThis.fetch('https://example.com'); ✗
        net.connect(25, 'mail.example.com'); ✗
        new WebSocket('wss://example.com'); ✗
        await cache.fetch('key');
        const options = { fetch };`,
      'server/egress/fetch.ts': "await fetch('https://example.com');",
      'admin/api.ts': "await fetch('/v1/me');",
      'admin/pages/tags.tsx': "await fetch('/v1/tags'); ✗",
      'server/testing/doubles/mail.ts': "await fetch('http://127.0.0.1');",
    },
  ],
};

function findingsOf(source: Source): Finding[] {
  return source.nodes.flatMap((placed) => {
    const what = dialOf(placed);
    if (!what) return [];
    const instead = source.path.startsWith('admin/') ? 'admin/api.ts' : source.path.startsWith('widget/') ? 'widget/api.ts' : 'server/egress/';
    return [{ file: source.path, line: placed.line, what: `opens a connection (${what})`, instead }];
  });
}

function dialOf({ node, parent }: Placed): string | null {
  if (node.type === 'CallExpression' && calls.test(chainOf(node.callee))) return chainOf(node.callee);
  if (node.type === 'NewExpression' && made.has(chainOf(node.callee))) return `new ${chainOf(node.callee)}`;
  if (node.type !== 'ImportSpecifier' || parent?.type !== 'ImportDeclaration' || parent.importKind === 'type' || node.importKind === 'type') return null;
  const name = 'name' in node.imported ? node.imported.name : '';
  return dialers[parent.source.value]?.test(name) ? `${name} of ${parent.source.value}` : null;
}
