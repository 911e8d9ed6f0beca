// THE LIST of benches. A new one is a file beside this and a line here.
import { commit } from './commit.ts';
import { engine } from './engine.ts';
import { list } from './list.ts';
import type { Bench } from './report.ts';
import { start } from './start.ts';
import { streams } from './streams.ts';
import { turn } from './turn.ts';
import { widget } from './widget.ts';

export const benches: Bench[] = [commit, list, start, turn, engine, streams, widget];
