import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { METHODS, resolveConfig } from '@crucible/contracts';
import { createRng } from '../random/create-rng.ts';
import { isFirstStage, lateSwitchWarning, stagePlan, twoStageOptions } from './two-stage.ts';

type Config = Parameters<typeof stagePlan>[0];
const configOf = (changed: object, training: object = {}): Config =>
  resolveConfig(METHODS['label-smoothing'].id, { ...changed, training: { epochs: 12, ...training } }) as Config;
const SAMPLES = 250; // two steps of 100 an epoch
const rateOf = (config: Config) => {
  const rng = (name: string) => createRng(0, name);
  return twoStageOptions(config, stagePlan(config, SAMPLES), { rng });
};

describe('a training of two stages', () => {
  it('is cut at two thirds of the epochs unless the config says where', () => {
    assert.deepEqual(stagePlan(configOf({}), SAMPLES), { switchStep: 16, totalSteps: 24, stepsPerEpoch: 2 });
    const plan = stagePlan(configOf({ switchEpoch: 3 }), SAMPLES);
    assert.deepEqual(
      [5, 6].map((step) => isFirstStage(plan, step)),
      [true, false],
    );
  });

  it('keeps the schedule across the switch, or has a constant rate from there', () => {
    const rates = (secondStage: object) => {
      const rate = rateOf(configOf({ switchEpoch: 6, secondStage })).learningRate(24);
      return [0, 8, 11, 12, 16, 23].map((step) => Number(rate(step).toFixed(9)));
    };
    assert.deepEqual(rates({}), [0.05, 0.005, 0.005, 0.005, 0.0005, 0.0005]);
    assert.deepEqual(rates({ learningRate: 0.02 }), [0.05, 0.005, 0.005, 0.02, 0.02, 0.02]);
  });

  it('begins the optimizer afresh at the switch only if asked', () => {
    assert.equal(rateOf(configOf({})).freshOptimizerAt, null);
    assert.equal(rateOf(configOf({ secondStage: { resetMomentum: true } })).freshOptimizerAt, 16);
  });

  it('warns of a second stage that has no learning rate left', () => {
    assert.equal(lateSwitchWarning(configOf({ switchEpoch: 10 })), null);
    assert.match(lateSwitchWarning(configOf({ switchEpoch: 11 })) ?? '', /begins at epoch 11 of 12/);
    for (const [changed, training] of [
      [{ switchEpoch: 12 }, {}],
      [{ switchEpoch: 11, secondStage: { learningRate: 0.1 } }, {}],
      [{ switchEpoch: 11 }, { schedule: { kind: 'cosine' } }],
    ] as const)
      assert.equal(lateSwitchWarning(configOf(changed, training)), null);
  });
});
