import { emaStep } from '@crucible/engine-native/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Model } from '../nn/model.ts';
import type { Slot } from './optimizer.ts';

export interface EmaOptions {
  /** share of the old average that is kept at each update, in [0, 1) */
  decay: number;
  /** keep at most `(1 + n) / (10 + n)` at update n, so that the first values are soon forgotten */
  warmup: boolean;
}

/** Moving averages of all parameters and running statistics of a model. It owns the averages, not the model. */
export interface Ema {
  /** `ema/NAME` for each parameter, then for each statistic */
  readonly averages: readonly Slot[];
  /** updates done */
  updates: number;
  /** `average = decay * average + (1 - decay) * value`, once per training step */
  update(): void;
  /** Runs `use` while the model has the averages for its values; what the model had comes back afterwards, bit for bit. */
  during<T>(use: () => Promise<T>): Promise<T>;
  dispose(): void;
}

/** Averages that start at the values the model has now. */
export function createEma(model: Pick<Model, 'parameters' | 'statistics'>, { decay, warmup }: EmaOptions): Ema {
  const sources = [...model.parameters, ...model.statistics];
  const pairs = sources.map(({ name, value }) => ({
    value,
    average: { name: `ema/${name}`, value: tf.tidy(() => tf.variable(tf.clone(value as tf.Tensor), false)) },
  }));
  const exchange = (): void => {
    for (const { value, average } of pairs)
      tf.tidy(() => {
        const held = tf.clone(value as tf.Tensor);
        value.assign(average.value);
        average.value.assign(held);
      });
  };
  return {
    averages: pairs.map(({ average }) => average),
    updates: 0,
    update() {
      this.updates += 1;
      const kept = warmup ? Math.min(decay, (1 + this.updates) / (10 + this.updates)) : decay;
      emaStep({
        averages: pairs.map(({ average }) => average.value),
        values: pairs.map(({ value }) => value),
        decay: kept,
      });
    },
    async during(use) {
      exchange();
      try {
        return await use();
      } finally {
        exchange();
      }
    },
    dispose: () => {
      for (const { average } of pairs) average.value.dispose();
    },
  };
}
