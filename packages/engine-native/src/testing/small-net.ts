import * as tf from '@tensorflow/tfjs-core';
import { batchNormTrain } from '../ops/batch-norm-train.ts';
import { sgdStep } from '../ops/sgd-step.ts';
import { TestRandom, toTensor } from './random-tensor.ts';

/** A small residual convolutional network with its optimizer state, on the current backend. */
export class SmallNet {
  readonly #variables: tf.Variable[] = [];
  readonly #velocities: tf.Variable[] = [];
  readonly #moving: { mean: tf.Variable; variance: tf.Variable; momentum: number };
  readonly #x: tf.Tensor4D;
  readonly #labels: tf.Tensor2D;

  constructor(seed: number, { batch = 16, size = 20, channels = 32 } = {}) {
    const random = new TestRandom(seed);
    const shapes = [
      [3, 3, 3, channels],
      [channels],
      [channels],
      [3, 3, channels, channels],
      [channels],
      [channels],
      [channels, 10],
    ];
    for (const shape of shapes) {
      this.#variables.push(tf.tidy(() => tf.variable(tf.mul(toTensor(random.array(shape)), 0.3))));
      this.#velocities.push(tf.tidy(() => tf.variable(tf.zeros(shape), false)));
    }
    const moving = (value: number) => tf.tidy(() => tf.variable(tf.fill([channels], value), false));
    this.#moving = { mean: moving(0), variance: moving(1), momentum: 0.9 };
    this.#x = toTensor(random.array([batch, size, size, 3])) as tf.Tensor4D;
    const classes = Array.from({ length: batch }, () => random.integer(0, 9));
    this.#labels = tf.tidy(() => tf.cast(tf.oneHot(tf.tensor1d(classes, 'int32'), 10), 'float32')) as tf.Tensor2D;
  }

  #loss(): tf.Scalar {
    const [w1, g1, b1, w2, g2, b2, dense] = this.#variables as tf.Tensor[] as [
      tf.Tensor4D,
      tf.Tensor1D,
      tf.Tensor1D,
      tf.Tensor4D,
      tf.Tensor1D,
      tf.Tensor1D,
      tf.Tensor2D,
    ];
    const first = batchNormTrain(tf.conv2d(this.#x, w1, 1, 'same'), g1, b1, {
      activation: 'relu',
      moving: this.#moving,
    });
    const second = tf.conv2d(first, w2, 1, 'same');
    const joined = batchNormTrain(second, g2, b2, { activation: 'relu', residual: first });
    const logits = tf.matMul(tf.mean(tf.maxPool(joined, 2, 2, 'valid'), [1, 2]) as tf.Tensor2D, dense);
    return tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(logits), this.#labels), -1))) as tf.Scalar;
  }

  /** One step of SGD with momentum; returns the loss before it, as a tensor, since not every engine reads at once. */
  update(): tf.Scalar {
    const { value, grads } = tf.variableGrads(() => this.#loss(), this.#variables);
    const gradients = this.#variables.map(({ name }) => grads[name] as tf.Tensor);
    const settings = { learningRate: 0.05, momentum: 0.9, nesterov: true, weightDecay: 1e-4 };
    sgdStep([{ parameters: this.#variables, gradients, velocities: this.#velocities, ...settings }]);
    tf.dispose(grads);
    return value;
  }

  /** The same, with the loss read. */
  step(): number {
    const value = this.update();
    const loss = value.dataSync()[0] ?? Number.NaN;
    value.dispose();
    return loss;
  }

  /** Every number that training changes. */
  state(): number[] {
    const { mean, variance } = this.#moving;
    return [...this.#variables, ...this.#velocities, mean, variance].flatMap((variable) => [...variable.dataSync()]);
  }

  dispose(): void {
    tf.dispose([this.#variables, this.#velocities, this.#moving.mean, this.#moving.variance, this.#x, this.#labels]);
  }
}
