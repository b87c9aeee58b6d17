import './testing/setup.ts';
import { METHOD_IDS } from '@crucible/contracts';
import { RUNNERS } from './registry.ts';
import { conformance } from './testing/conformance.ts';
import { TINY_CONFIGS } from './tiny-configs.ts';

for (const id of METHOD_IDS) conformance(id, RUNNERS[id], TINY_CONFIGS[id]);
