// What a bench says: figures, each with its floor or its limit beside it where it has one.

export type Figure = {
  name: string;
  value: number;
  unit: string;
  /** Which way is better, for --compare. */
  better: 'more' | 'less';
  /** At least (`more`) or at most (`less`) this; a figure that misses it is marked. */
  limit?: number;
  note?: string;
};

export type Bench = {
  name: string;
  summary: string;
  /** `say` is for people who wait: what is being measured just now. */
  run(say: (line: string) => void): Promise<Figure[]>;
};

export type Experiment = {
  /** The number of the promise it shows. */
  name: string;
  summary: string;
  /** At full size. */
  rounds: number;
  run(ask: { rounds: number; seed: number; say: (line: string) => void }): Promise<Figure[]>;
};

export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

export function quantile(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export function misses({ value, limit, better }: Figure): boolean {
  if (limit === undefined) return false;
  return better === 'more' ? value < limit : value > limit;
}

export function lineOf(figure: Figure): string {
  const { name, value, unit, better, limit, note } = figure;
  const rounded = Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(2);
  const bound = limit === undefined ? '' : ` (${better === 'more' ? 'at least' : 'at most'} ${limit}${misses(figure) ? ', MISSED' : ''})`;
  return `${name.padEnd(44)} ${rounded.padStart(10)} ${unit}${bound}${note === undefined ? '' : `  ${note}`}`;
}
