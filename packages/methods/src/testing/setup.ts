/**
 * @file Starts a tensor engine for tests, with gradients: `@tensorflow/tfjs-core` alone has neither. The plain
 * JavaScript one unless `CRUCIBLE_ENGINE` names another.
 */
import { loadEngine } from '@crucible/engine-native';

const wanted = process.env.CRUCIBLE_ENGINE === 'onednn' ? 'onednn' : 'cpu';
await loadEngine({ engine: wanted, threads: 1 });
