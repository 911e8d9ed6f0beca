// THE LIST of experiments (their numbers are those of the promises). A new one is a file in experiments/ and a line here.
import { kill } from './experiments/kill.ts';
import { power } from './experiments/power.ts';
import { ready } from './experiments/ready.ts';
import type { Experiment } from './report.ts';

export const experiments: Experiment[] = [kill, power, ready];
