import { createRng, resnetStack, streamSource, zenScore } from '@crucible/methods/testing';

/** Zen-scores that table 5 of the paper gives ResNets without shortcuts, at 224 pixels. */
const PUBLISHED = [
  { depth: 18, score: 59.53 },
  { depth: 34, score: 112.32 },
  { depth: 50, score: 140.3 },
  { depth: 101, score: 287.87 },
  { depth: 152, score: 433.57 },
] as const;

const DRAWS = 2;
const OPTIONS = { mode: 'paper', alpha: 0.01, batchSize: 16, resolution: 224 } as const;

export interface Table5Row {
  depth: number;
  published: number;
  /** mean of the draws */
  score: number;
}

/** The rows of table 5 in mode `paper`, scored here on the current engine. */
export async function table5(): Promise<Table5Row[]> {
  const rows: Table5Row[] = [];
  for (const { depth, score: published } of PUBLISHED) {
    const stack = resnetStack({ depth, width: 64, stem: 'imagenet' }, 3);
    let sum = 0;
    for (let draw = 0; draw < DRAWS; draw += 1) {
      const source = streamSource((part) => createRng(draw, `reproduce/table-5/${depth}/${part}`));
      sum += (await zenScore(stack, OPTIONS, source)).score;
    }
    rows.push({ depth, published, score: sum / DRAWS });
  }
  return rows;
}
