import { describe, expect, test } from 'vitest';
import { nextRun, parseCron } from './cron.ts';

const at = (text: string): number => Date.parse(text);

function runs(text: string, from: string, count: number, timeZone = 'UTC'): string[] {
  const cron = parseCron(text);
  if (!cron) throw new Error(`no cron: ${text}`);
  const found: string[] = [];
  let after = at(from);
  for (let n = 0; n < count; n += 1) {
    const next = nextRun(cron, after, timeZone);
    if (next === null) break;
    found.push(`${new Date(next).toISOString().slice(0, 16)}Z`);
    after = next;
  }
  return found;
}

describe('a schedule', () => {
  test.each<[string, string[]]>([
    ['* * * * *', ['2026-01-15T10:31Z', '2026-01-15T10:32Z']],
    ['*/20 * * * *', ['2026-01-15T10:40Z', '2026-01-15T11:00Z', '2026-01-15T11:20Z']],
    ['5/25 * * * *', ['2026-01-15T10:55Z', '2026-01-15T11:05Z', '2026-01-15T11:30Z']],
    ['0 9 * * 1-5', ['2026-01-16T09:00Z', '2026-01-19T09:00Z']],
    ['0 9 * * MON,fri', ['2026-01-16T09:00Z', '2026-01-19T09:00Z', '2026-01-23T09:00Z']],
    ['0 0 * * 7', ['2026-01-18T00:00Z', '2026-01-25T00:00Z']],
    ['0 0 * * 0', ['2026-01-18T00:00Z']],
    ['30 8,20 1 jan-mar *', ['2026-02-01T08:30Z', '2026-02-01T20:30Z', '2026-03-01T08:30Z', '2026-03-01T20:30Z', '2027-01-01T08:30Z']],
    ['0 12 13 * 5', ['2026-01-16T12:00Z', '2026-01-23T12:00Z', '2026-01-30T12:00Z', '2026-02-06T12:00Z', '2026-02-13T12:00Z']],
    ['0 0 29 2 *', ['2028-02-29T00:00Z', '2032-02-29T00:00Z']],
    ['0 0 31 * *', ['2026-01-31T00:00Z', '2026-03-31T00:00Z', '2026-05-31T00:00Z']],
    ['@daily', ['2026-01-16T00:00Z']],
    ['@yearly', ['2027-01-01T00:00Z']],
    ['@hourly', ['2026-01-15T11:00Z', '2026-01-15T12:00Z']],
  ])('%s comes when it says', (text, expected) => {
    expect(runs(text, '2026-01-15T10:30:00Z', expected.length)).toEqual(expected);
  });

  test('is by the clock of its zone, in summer and in winter', () => {
    expect(runs('0 9 * * *', '2026-03-28T00:00:00Z', 3, 'Europe/Berlin')).toEqual(['2026-03-28T08:00Z', '2026-03-29T07:00Z', '2026-03-30T07:00Z']);
    expect(runs('0 9 * * *', '2026-01-01T00:00:00Z', 1, 'Asia/Kathmandu')).toEqual(['2026-01-01T03:15Z']);
  });

  test('comes late where the clock skips its time, and once where it shows it twice', () => {
    expect(runs('30 2 * * *', '2026-03-28T12:00:00Z', 2, 'Europe/Berlin')).toEqual(['2026-03-29T01:30Z', '2026-03-30T00:30Z']);
    expect(runs('30 2 * * *', '2026-10-24T12:00:00Z', 2, 'Europe/Berlin')).toEqual(['2026-10-25T00:30Z', '2026-10-26T01:30Z']);
    expect(runs('30 2,3 * * *', '2026-03-28T12:00:00Z', 3, 'Europe/Berlin')).toEqual(['2026-03-29T01:30Z', '2026-03-30T00:30Z', '2026-03-30T01:30Z']);
  });

  test('of every hour comes in every hour that passes', () => {
    expect(runs('15 * * * *', '2026-10-24T23:30:00Z', 4, 'Europe/Berlin')).toEqual([
      '2026-10-25T00:15Z',
      '2026-10-25T01:15Z',
      '2026-10-25T02:15Z',
      '2026-10-25T03:15Z',
    ]);
    expect(runs('0 * * * *', '2026-03-29T00:30:00Z', 2, 'Europe/Berlin')).toEqual(['2026-03-29T01:00Z', '2026-03-29T02:00Z']);
    // Half an hour of daylight saving.
    expect(runs('10 * * * *', '2026-04-04T14:00:00Z', 3, 'Australia/Lord_Howe')).toEqual(['2026-04-04T14:10Z', '2026-04-04T15:40Z', '2026-04-04T16:40Z']);
  });

  test('that never comes says so', () => {
    expect(runs('0 0 30 2 *', '2026-01-15T10:30:00Z', 1)).toEqual([]);
  });
});

test.each([
  '',
  '* * * *',
  '* * * * * *',
  '60 * * * *',
  '* 24 * * *',
  '* * 0 * *',
  '* * * 13 *',
  '* * * * 8',
  '5-1 * * * *',
  '*/0 * * * *',
  '*-5 * * * *',
  '1,,2 * * * *',
  'a * * * *',
  '* * * mon *',
  '@reboot',
  '@constructor',
  '? * * * *',
  '-1 * * * *',
])('is no cron expression: %j', (text) => expect(parseCron(text)).toBeNull());
