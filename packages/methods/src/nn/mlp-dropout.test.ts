import '../testing/setup.ts';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { createRng } from '../random/create-rng.ts';
import { mlp } from './mlp.ts';

const INPUT = { height: 2, width: 3, channels: 1 };
const rng = (name: string) => createRng(6, name);
const network = (dropout?: number) =>
  mlp({ hidden: [400, 5], ...(dropout === undefined ? {} : { dropout }) }, { input: INPUT, classes: 2, rng });

/** Outputs of the hidden layers of a pass over one image. */
const hidden = (model: ReturnType<typeof network>, training: boolean): { first: number[]; logits: number[] } =>
  tf.tidy(() => {
    const { stages, logits } = model.outputs(tf.ones([1, 2, 3, 1]), training);
    return { first: [...(stages['hidden-1']?.dataSync() ?? [])], logits: [...logits.dataSync()] };
  });

describe('a perceptron with dropout', () => {
  const [plain, thinned] = [network(), network(0.25)];

  it('leaves units out in training passes alone, and scales the others', () => {
    assert.deepEqual(hidden(thinned, false), hidden(plain, false));
    const whole = hidden(plain, false).first;
    thinned.beginStep?.(3);
    const { first } = hidden(thinned, true);
    const active = whole.flatMap((value, i) => (value === 0 ? [] : [i]));
    const dropped = active.filter((i) => first[i] === 0).length;
    assert.ok(Math.abs(dropped / active.length - 0.25) < 0.15, `${dropped} of ${active.length}`);
    for (const i of active)
      if (first[i] !== 0) assert.ok(Math.abs((first[i] as number) / (whole[i] as number) - 4 / 3) < 1e-5);
  });

  it('draws by the step and the pass within it, so that a resumed training draws the same', () => {
    const at = (step: number) => {
      thinned.beginStep?.(step);
      return [hidden(thinned, true), hidden(thinned, true)];
    };
    const [three, again, four] = [at(3), at(3), at(4)];
    assert.deepEqual(three, again);
    assert.notDeepEqual(three[0], three[1]);
    assert.notDeepEqual(three[0], four[0]);
  });

  it('refuses a training pass of which nobody says the step, and has nothing to say without dropout', () => {
    const fresh = network(0.25);
    assert.throws(() => hidden(fresh, true), /needs beginStep/);
    assert.equal(plain.beginStep, undefined);
    fresh.dispose();
    plain.dispose();
    thinned.dispose();
  });
});
