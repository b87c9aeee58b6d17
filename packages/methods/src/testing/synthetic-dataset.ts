import type { Dataset, Split } from '../data/dataset.ts';
import { createRng } from '../random/create-rng.ts';

export interface SyntheticOptions {
  resolution: number;
  channels: number;
  classes: number;
  trainCount: number;
  testCount: number;
}

/** Pictures with a bright bar whose place tells the class, under noise: small, learnable, and the same every time. */
export function syntheticDataset(options: SyntheticOptions): Dataset {
  const { resolution, channels, classes, trainCount, testCount } = options;
  const split = (name: string, count: number): Split => {
    const rng = createRng(11, `synthetic/${name}`);
    const pixels = resolution * resolution * channels;
    const images = new Uint8Array(count * pixels);
    const labels = new Int32Array(count);
    for (let sample = 0; sample < count; sample++) {
      const label = rng.below(classes);
      labels[sample] = label;
      const bar = Math.floor(((label + 0.5) * resolution) / classes);
      for (let i = 0; i < pixels; i++) {
        const row = Math.floor(i / (resolution * channels));
        images[sample * pixels + i] = (row === bar ? 170 : 20) + rng.below(60);
      }
    }
    return { images, labels, count };
  };
  return {
    name: 'synthetic',
    height: resolution,
    width: resolution,
    channels,
    classes,
    classNames: Array.from({ length: classes }, (_, k) => `bar ${k}`),
    mean: Array.from({ length: channels }, () => 0.25),
    std: Array.from({ length: channels }, () => 0.2),
    train: split('train', trainCount),
    test: split('test', testCount),
    sha256: 'f'.repeat(64),
  };
}
