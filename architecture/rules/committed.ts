// What is committed must mean the same on every machine.
import type { Finding, Rule } from '../rule.ts';

const machinePath = new RegExp(`(?<![\\w.])/(${['work', 'home', 'root', 'Users'].join('|')})/(?=[\\w.])`);
const registryHost = /\bregistry\.[\w-]+\.(org|com|io|dev)\b|\bdeb\.[\w-]+\.org\b/;

export const committed: Rule = {
  name: 'no file names a folder of one machine or the host of a registry',
  check: (tree) => [...tree.files].flatMap(([file, text]) => text.split('\n').flatMap((line, index) => findingsOf(file, line, index + 1))),
  planted: [
    {
      'docs/start.md': `
        Go to the folder. ${'/'}work/main ✗
        curl https://registry.${'example'}.org/zod ✗
        counted by registry.metrics()
        Open /homepage/ and \`server/root/x\`, or ./work/x.`,
      'server/log.ts': `export const file = '${'/'}home/olive/log'; ✗`,
    },
  ],
};

function findingsOf(file: string, text: string, line: number): Finding[] {
  if (machinePath.test(text)) return [{ file, line, what: 'names a folder of one machine', instead: 'a path relative to the checkout, or a setting' }];
  return registryHost.test(text) ? [{ file, line, what: 'names the host of a package registry', instead: "each machine's own npm configuration" }] : [];
}
