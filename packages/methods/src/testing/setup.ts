/**
 * @file Brings gradients and the plain JavaScript backend to tests: `@tensorflow/tfjs-core` alone has neither.
 */
import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';

await tf.setBackend('cpu');
