/** Program of the determinism test: trains three steps on the thread count given and prints a hash of the state. */
import { createHash } from 'node:crypto';
import { startNative } from './on-backend.ts';
import { SmallNet } from './small-net.ts';

await startNative(Number(process.argv[2]));
const net = new SmallNet(1);
for (let step = 0; step < 3; step += 1) net.step();
const state = Float32Array.from(net.state());
console.log(createHash('sha256').update(new Uint8Array(state.buffer)).digest('hex'));
