/**
 * Program that trains a small network on the engine that its argument names, reads the loss after every step at once,
 * and tells what a synchronous read says while an asynchronous one is on its way; one line of JSON.
 */
import { add, ones } from '@tensorflow/tfjs-core';
import { ENGINE_NAMES } from '../engine-error.ts';
import { loadEngine } from '../probe.ts';
import { SmallNet } from './small-net.ts';

const engine = ENGINE_NAMES.find((name) => name === process.argv[2]) ?? 'auto';
await loadEngine({ engine, threads: 1 });
const net = new SmallNet(2, { batch: 4, size: 8, channels: 8 });
const losses = [1, 2, 3, 4].map(() => net.step());
const pending = add(ones([2]), 5).data();
let refusal = '';
try {
  add(ones([2]), 7).dataSync();
} catch (error) {
  refusal = (error as Error).message;
}
const later = [...(await pending), ...(await add(ones([2]), 7).data())];
if (later.join() !== '6,6,8,8') throw new Error(`reads after the refusal give ${later}`);
console.log(JSON.stringify({ losses, refusal }));
process.exit();
