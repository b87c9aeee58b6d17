import * as tf from '@tensorflow/tfjs-core';
import type { Rng } from '../random/rng.ts';
import type { Parameter, Statistic } from './model.ts';

/** Makes and owns the tensors of one model, in the order in which its layers ask for them. */
export class Weights {
  readonly parameters: Parameter[] = [];
  readonly statistics: Statistic[] = [];
  readonly #rng: (name: string) => Rng;

  /** @param rng named streams of the job's seed; a parameter's first values come from the stream of its name */
  constructor(rng: (name: string) => Rng) {
    this.#rng = rng;
  }

  /** A parameter drawn from N(0, std^2). */
  normal(name: string, shape: readonly number[], std: number, decay: boolean): tf.Variable {
    const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
    this.#rng(`nn/init/${name}`).fillNormal(values);
    for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) * std;
    return this.#parameter(name, values, shape, decay);
  }

  /** A parameter of one value throughout. */
  constant(name: string, shape: readonly number[], value: number, decay: boolean): tf.Variable {
    const values = new Float32Array(shape.reduce((product, size) => product * size, 1)).fill(value);
    return this.#parameter(name, values, shape, decay);
  }

  /** A statistic of one value throughout. */
  statistic(name: string, shape: readonly number[], value: number): tf.Variable {
    const values = new Float32Array(shape.reduce((product, size) => product * size, 1)).fill(value);
    const variable = this.#variable(name, values, shape, false);
    this.statistics.push({ name, value: variable });
    return variable;
  }

  dispose(): void {
    for (const { value } of [...this.parameters, ...this.statistics]) value.dispose();
  }

  #parameter(name: string, values: Float32Array, shape: readonly number[], decay: boolean): tf.Variable {
    const value = this.#variable(name, values, shape, true);
    this.parameters.push({ name, value, decay });
    return value;
  }

  #variable(name: string, values: Float32Array, shape: readonly number[], trainable: boolean): tf.Variable {
    if ([...this.parameters, ...this.statistics].some((other) => other.name === name))
      throw new RangeError(`two tensors of the model are named ${name}`);
    const first = tf.tensor(values, [...shape]);
    const variable = tf.variable(first, trainable);
    first.dispose();
    return variable;
  }
}
