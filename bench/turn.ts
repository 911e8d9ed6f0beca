// A durable turn over HTTP: a message in, a condition, a variable, two messages, committed at synchronous = FULL, answer
// out; at 1, 16 and 64 connections, each with a conversation of its own, against the floor that writes the same rows, in
// turn. Then the same in a conversation with a long past, and whether memory grows with the number of turns.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sqliteFile } from '../server/store/database.ts';
import { lengthenNewest, seedTalks } from './load/conversations.ts';
import { duel, sample } from './load/duel.ts';
import { type Running, startServer } from './load/processes.ts';
import { startProduct } from './load/product.ts';
import { type Bench, type Figure, median } from './report.ts';

const rounds = 5;
const perRun = { warmMs: 400, runMs: 2_500, oneEach: true };
const loads = [
  { connections: 1, limits: { ratio: 0.25, p99Ms: 5, diskKb: 16 }, note: 'the aim is 0.5' },
  { connections: 16, limits: { ratio: 0.25, p99Ms: 15, diskKb: 16 }, note: 'the aim is 0.5' },
  { connections: 64, limits: { ratio: 0.25, p99Ms: 30, diskKb: 16 }, note: 'the aim is 0.5' },
];
const pastMessages = 100_000;
const manyTurns = Number(process.env.BENCH_TURNS ?? 1_000_000);
const mostConnections = 64;

export const turn: Bench = {
  name: 'turn',
  summary: 'durable turns of a flow over HTTP, against bare node:http and node:sqlite',
  async run(say) {
    const root = mkdtempSync(join(tmpdir(), 'bench-turn-'));
    const places = { floor: { dataDir: join(root, 'floor') }, own: { dataDir: join(root, 'own') } };
    // The floor knows its conversations by their public ids, which chats have.
    const floorTalks = (await seedTalks(places.floor, { chats: mostConnections })).talks.chats;
    const { widget, chats } = (await seedTalks(places.own, { widget: mostConnections, chats: mostConnections + 2 })).talks;
    say(`a conversation of ${pastMessages} messages`);
    await lengthenNewest(places.own, pastMessages);
    const floor = await startServer([`${import.meta.dirname}/floors/turn.ts`, sqliteFile(places.floor.dataDir)]);
    const own = await startProduct(places.own);
    const requests = { floor: floorTalks.requests, own: widget.requests };
    try {
      const figures: Figure[] = [];
      for (const { connections, ...rest } of loads) {
        say(`${connections} connections, ${rounds} rounds of floor and product`);
        figures.push(...(await duel({ floor, own, what: 'turn', rounds, load: { connections, ...perRun }, requests, ...rest })));
      }
      say('a conversation with a long past, beside a new one');
      figures.push(await longPast(own, chats.requests.splice(mostConnections)));
      say('the same turns at the chats door');
      figures.push(await atChats(floor, own, { floor: floorTalks.requests, own: chats.requests }));
      say('memory over many turns');
      figures.push(await memory(own, requests.own));
      return figures;
    } finally {
      for (const one of [floor, own]) await one.stop();
      rmSync(root, { recursive: true, force: true });
    }
  },
};

async function longPast(own: Running, [young = '', old = '']: string[]): Promise<Figure> {
  const ratios: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const before = await sample(own, { connections: 1, ...perRun, requests: [young] });
    const after = await sample(own, { connections: 1, ...perRun, requests: [old] });
    ratios.push(after.perSecond / before.perSecond);
  }
  const note = '1 = as fast; what it falls short by up to 15 % is noise';
  return { name: `speed after ${pastMessages} messages`, value: median(ratios), unit: 'of a new conversation’s', better: 'more', limit: 0.85, note };
}

async function atChats(floor: Running, own: Running, requests: { floor: string[]; own: string[] }): Promise<Figure> {
  const load = { connections: mostConnections, ...perRun };
  const figures = await duel({ floor, own, what: 'turn', rounds, load, requests });
  const ratio = figures.find(({ name }) => name.startsWith('ratio'));
  if (!ratio) throw new Error('a duel has a ratio');
  return { ...ratio, name: 'ratio at 64, at the chats door' };
}

/** What is resident after each quarter of a million turns: what has been used once is warm after the first. */
async function memory(own: Running, requests: string[]): Promise<Figure> {
  const rss: number[] = [];
  let turns = 0;
  while (turns < manyTurns) {
    const part = await sample(own, { connections: mostConnections, ...perRun, runMs: 10_000, requests });
    turns += part.requests;
    if (turns >= ((rss.length + 1) / 4) * manyTurns) rss.push(part.rssMb);
  }
  const growth = (rss.at(-1) ?? 0) - (rss[0] ?? 0);
  return { name: `RSS growth over ${turns} turns`, value: growth, unit: 'MB', better: 'less', limit: 25, note: rss.map((one) => one.toFixed(0)).join(' → ') };
}
