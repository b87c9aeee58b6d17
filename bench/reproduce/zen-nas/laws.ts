import { parseStructure, superBlocks } from '@crucible/contracts';
import { createRng, streamSource, zenScore } from '@crucible/methods/testing';

const REPEATS = 12;

const meanScore = async (
  structure: string,
  changes: { alpha?: number; batchSize?: number; resolution?: number } = {},
) => {
  const options = { mode: 'paper', alpha: 0.01, batchSize: 16, resolution: 32, ...changes } as const;
  let sum = 0;
  for (let repeat = 0; repeat < REPEATS; repeat += 1) {
    const source = streamSource((part) => createRng(repeat, `reproduce/laws/${structure}/${part}`));
    sum += (await zenScore(superBlocks(parseStructure(structure)), options, source)).score;
  }
  return sum / REPEATS;
};

/** A law of the score: what it says, and how far the score is from it. */
export interface Law {
  name: string;
  expected: number;
  measured: number;
  tolerance: number;
}

/** Laws that the score follows on average, of which the exact ones are unit tests. */
export async function scoreLaws(): Promise<Law[]> {
  const deep = (layers: number) => `SuperConvK3BNRELU(3,32,1,1)SuperResK3K3(32,32,1,32,${layers})`;
  const hidden = (width: number) => `SuperConvK3BNRELU(3,16,1,1)SuperResK3K3(16,16,1,${width},1)`;
  const last = (width: number) => `SuperConvK3BNRELU(3,16,1,1)SuperConvK1BNRELU(16,${width},1,1)`;
  const base = hidden(16);
  const overAlpha = async (alpha: number) => (await meanScore(base, { alpha })) - Math.log(alpha);
  return [
    {
      name: 'score - ln alpha, from 1e-4 to 1e-2',
      expected: 0,
      measured: (await overAlpha(1e-2)) - (await overAlpha(1e-4)),
      tolerance: 0.05,
    },
    {
      name: 'batch of 64 for 4',
      expected: 0,
      measured: (await meanScore(base, { batchSize: 64 })) - (await meanScore(base, { batchSize: 4 })),
      tolerance: 0.1,
    },
    {
      name: 'hidden width doubled',
      expected: Math.LN2 / 2,
      measured: (await meanScore(hidden(128))) - (await meanScore(hidden(64))),
      tolerance: 0.05,
    },
    {
      name: 'last width doubled',
      expected: Math.LN2,
      measured: (await meanScore(last(256))) - (await meanScore(last(128))),
      tolerance: 0.05,
    },
    {
      name: 'one more layer of two 32-wide convolutions',
      expected: 4.92,
      measured: ((await meanScore(deep(5))) - (await meanScore(deep(1)))) / 4,
      tolerance: 0.1,
    },
  ];
}
