import * as tf from '@tensorflow/tfjs-core';
import type { Rng } from '../random/rng.ts';
import { constant, type Fans, type Initialiser } from './init.ts';
import type { Parameter, Statistic } from './model.ts';

export interface ParameterOptions {
  init: Initialiser;
  fans: Fans;
  /** whether weight decay applies */
  decay: boolean;
}

/** Makes and owns the tensors of one model, in the order in which its layers ask for them. */
export class Weights {
  readonly parameters: Parameter[] = [];
  readonly statistics: Statistic[] = [];
  readonly #names = new Set<string>();
  readonly #rng: (name: string) => Rng;

  /** @param rng named streams of the job's seed; a parameter's first values come from the stream of its name */
  constructor(rng: (name: string) => Rng) {
    this.#rng = rng;
  }

  /** A parameter with first values by rule. */
  parameter<R extends tf.Rank>(
    name: string,
    shape: tf.ShapeMap[R],
    { init, fans, decay }: ParameterOptions,
  ): tf.Variable<R> {
    const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
    init(values, fans, this.#rng(`nn/init/${name}`));
    const value = this.#variable<R>(name, values, shape, true);
    this.parameters.push({ name, value, decay });
    return value;
  }

  /** A parameter with one value per channel, without weight decay: a bias, or scale and shift of a normalisation. */
  perChannel(name: string, channels: number, value: number): tf.Variable<tf.Rank.R1> {
    return this.parameter<tf.Rank.R1>(name, [channels], {
      init: constant(value),
      fans: { in: channels, out: channels },
      decay: false,
    });
  }

  /** A statistic with one value per channel. */
  statistic(name: string, channels: number, value: number): tf.Variable<tf.Rank.R1> {
    const variable = this.#variable<tf.Rank.R1>(name, new Float32Array(channels).fill(value), [channels], false);
    this.statistics.push({ name, value: variable });
    return variable;
  }

  dispose(): void {
    for (const { value } of [...this.parameters, ...this.statistics]) value.dispose();
  }

  #variable<R extends tf.Rank>(
    name: string,
    values: Float32Array,
    shape: tf.ShapeMap[R],
    trainable: boolean,
  ): tf.Variable<R> {
    if (this.#names.has(name)) throw new RangeError(`two tensors of the model are named ${name}`);
    this.#names.add(name);
    const first = tf.tensor<R>(values, shape);
    const variable = tf.variable<R>(first, trainable);
    first.dispose();
    return variable;
  }
}
