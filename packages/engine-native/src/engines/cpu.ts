import { env, scalar, setBackend, tidy } from '@tensorflow/tfjs-core';
import { cpuModel, type EngineStart } from './engine-start.ts';

/** Starts the plain JavaScript engine of tfjs, which runs everywhere. */
export const startCpu: EngineStart = async () => {
  await import('@tensorflow/tfjs');
  await setBackend('cpu');
  // The backend prints advice to install another package at its first tensor, except in this mode.
  const isProduction = env().getBool('PROD');
  env().set('PROD', true);
  tidy(() => scalar(0));
  env().set('PROD', isProduction);
  return { device: cpuModel(), threads: 1, versions: {}, isa: '' };
};
