import {
  type BatchNormActivation,
  type ConvNormTrainOptions,
  convNormTrain,
  sgdStep,
} from '@crucible/engine-native/ops';
import * as tf from '@tensorflow/tfjs-core';
import { normalSource } from './random.ts';

const CLASSES = 10;
const LEARNING_RATE = 0.01;
const MOMENTUM = 0.9;

/** Parameters of a network while it is built. */
export class Parameters {
  readonly variables: tf.Variable[] = [];
  readonly normal = normalSource(1);

  add<T extends tf.Tensor>(make: () => tf.Tensor): T {
    const variable = tf.tidy(() => tf.variable(make()));
    this.variables.push(variable);
    return variable as unknown as T;
  }

  /** Filters `[h, w, I, O]` scaled for relu, or with deviation 1. */
  filter(shape: [number, number, number, number], deviation = Math.sqrt(2 / (shape[0] * shape[1] * shape[2]))) {
    return this.add<tf.Tensor4D>(() => this.normal(shape, deviation));
  }

  zeros(size: number): tf.Tensor1D {
    return this.add(() => tf.zeros([size]));
  }

  /** A convolution with batch norm in training mode and running averages. */
  convNorm(filter: tf.Tensor4D, options: Pick<ConvNormTrainOptions, 'strides' | 'pad' | 'depthwise'>) {
    const channels = filter.shape[options.depthwise ? 2 : 3];
    const gamma = this.add<tf.Tensor1D>(() => tf.ones([channels]));
    const beta = this.zeros(channels);
    const mean = tf.tidy(() => tf.variable(tf.zeros([channels]), false));
    const variance = tf.tidy(() => tf.variable(tf.ones([channels]), false));
    const moving = { mean, variance, momentum: MOMENTUM };
    return (x: tf.Tensor4D, activation: BatchNormActivation, residual?: tf.Tensor4D): tf.Tensor4D =>
      convNormTrain(x, filter, gamma, beta, {
        ...options,
        activation,
        moving,
        ...(residual === undefined ? {} : { residual }),
      });
  }
}

export type Forward = (x: tf.Tensor4D) => tf.Tensor2D;

/** A network with its optimizer state and one batch of images. */
export class Network {
  readonly #forward: Forward;
  readonly #variables: tf.Variable[];
  readonly #velocities: tf.Variable[];
  readonly #images: tf.Tensor4D;
  readonly #targets: tf.Tensor2D;

  constructor({ variables, normal }: Parameters, images: [number, number, number, number], forward: Forward) {
    this.#forward = forward;
    this.#variables = variables;
    this.#velocities = variables.map(({ shape }) => tf.tidy(() => tf.variable(tf.zeros(shape), false)));
    this.#images = normal(images, 1) as tf.Tensor4D;
    const labels = Int32Array.from({ length: images[0] }, (_, at) => (at * 7) % CLASSES);
    this.#targets = tf.tidy(() => tf.cast(tf.oneHot(tf.tensor1d(labels, 'int32'), CLASSES), 'float32')) as tf.Tensor2D;
  }

  /** Sum of the logits, read out so that all work is done. */
  forward(): number {
    return tf.tidy(() => tf.sum(this.#forward(this.#images)).dataSync()[0] ?? Number.NaN);
  }

  /** One step of SGD with momentum on the cross-entropy; returns the loss before it. */
  step(): number {
    const loss = () =>
      tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(this.#forward(this.#images)), this.#targets), -1))) as tf.Scalar;
    const { value, grads } = tf.variableGrads(loss, this.#variables);
    const gradients = this.#variables.map(({ name }) => {
      const gradient = grads[name];
      if (gradient === undefined) throw new Error(`no gradient for ${name}`);
      return gradient;
    });
    const settings = { learningRate: LEARNING_RATE, momentum: MOMENTUM };
    sgdStep([{ parameters: this.#variables, gradients, velocities: this.#velocities, ...settings }]);
    const result = value.dataSync()[0] ?? Number.NaN;
    tf.dispose([value, grads]);
    return result;
  }
}
