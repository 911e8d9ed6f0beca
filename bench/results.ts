// Figures that were written down, and on what machine they were taken.
import { readFileSync, writeFileSync } from 'node:fs';
import { arch, cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Figure } from './report.ts';

const file = join(import.meta.dirname, 'results.json');

export type Machine = Record<string, string | number>;
export type Result = { at: string; machine: Machine; figures: Figure[]; seed?: number };

export function saved(): Record<string, Result> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, Result>;
  } catch {
    return {};
  }
}

export function saveResult(results: Record<string, Result>): void {
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
}

export function machine(): Machine {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    arch: arch(),
    node: process.version,
    sqlite: process.versions.sqlite ?? 'unknown',
  };
}
