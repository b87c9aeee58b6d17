/** Program of the determinism test: trains three steps on the thread count and precision given and prints a hash of the state. */
import { createHash } from 'node:crypto';
import { startNative } from './on-backend.ts';
import { SmallNet } from './small-net.ts';

const [threads, precision] = process.argv.slice(2);
await startNative(Number(threads), precision === 'bf16' ? 'bf16' : 'f32');
const net = new SmallNet(1);
for (let step = 0; step < 3; step += 1) net.step();
const state = Float32Array.from(net.state());
console.log(createHash('sha256').update(new Uint8Array(state.buffer)).digest('hex'));
