import '../testing/setup.ts';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseStructure, superBlocks, type TimedUnit, type UnitShape } from '@crucible/contracts';
import * as tf from '@tensorflow/tfjs-core';
import { countStructure } from '../nn/structure/count.ts';
import { expand } from '../nn/structure/expand.ts';
import { PUBLISHED_STRUCTURES } from '../nn/structure/published.ts';
import { PUBLISHED_GENETS } from '../nn/structure/published-genet.ts';
import { createRng } from '../random/create-rng.ts';
import { measureNext, tableOf } from './measure-plan.ts';
import { nonNegativeFit } from './non-negative-fit.ts';
import { latencyPredictor, predictLatency } from './predict.ts';
import { timePasses } from './time-passes.ts';
import { timeUnit } from './time-unit.ts';
import { trimmed } from './trimmed-mean.ts';
import { keyOf, specOf, unitShapes, workOf } from './unit-shape.ts';

const blocksOf = (text: string) => superBlocks(parseStructure(text));
const rng = (name: string) => createRng(2, name);
const timing = (ms: number) => ({ ms, sd: 0, low: ms, high: ms, rejected: 0 });
const timedUnit = (shape: UnitShape, ms: number): TimedUnit => ({ ...shape, ...timing(ms) });
const never = async () => undefined;

describe('trimmed', () => {
  it('averages the middle 60 %, and gives the ranks between which the median lies with 95 %', () => {
    const values = [100, 3, 5, 4, 1, 6, 7, 2, 8, 0];
    const { mean, sd, low, high } = trimmed(values);
    assert.equal(mean, 4.5);
    assert.ok(Math.abs(sd - Math.sqrt(3.5)) < 1e-12);
    // of ten values, the second and the ninth: the median lies outside with 2 * 11 / 1024
    assert.deepEqual([low, high], [1, 8]);
  });

  it('takes what there is of few values', () => {
    assert.deepEqual(trimmed([7]), { mean: 7, sd: 0, low: 7, high: 7 });
    assert.deepEqual([trimmed([1, 2, 9]).low, trimmed([1, 2, 9]).high], [1, 9]);
    assert.throws(() => trimmed([]), /at least one value/);
  });
});

describe('units of a network', () => {
  const texts = [...PUBLISHED_GENETS, ...PUBLISHED_STRUCTURES].map(({ structure }) => structure);
  it('are told by their shapes: kinds of all published networks, and the units back from them', () => {
    for (const text of [...texts, 'SuperResK1KX(8,16,5,2,0.5,2)SuperResK1DW(16,16,3,1,1,1)']) {
      const blocks = blocksOf(text);
      const specs = expand(blocks, { residuals: true, squeezeExcite: false });
      const shapes = unitShapes(blocks, { resolution: 64, classes: 10 });
      assert.deepEqual(shapes.slice(0, -1).map(specOf), specs);
      assert.equal(shapes.at(-1)?.kind, 'head');
    }
  });

  it('leave 6 x 6 or 8 x 8 pixels of the published GENets: a total stride of 32', () => {
    for (const { structure, resolution, classes } of PUBLISHED_GENETS) {
      const head = unitShapes(blocksOf(structure), { resolution, classes }).at(-1);
      assert.equal(head?.resolution, resolution / 32);
    }
  });

  it('have the work that the exact counter counts', () => {
    for (const { structure, resolution, classes } of [...PUBLISHED_GENETS, ...PUBLISHED_STRUCTURES]) {
      const blocks = blocksOf(structure);
      const work = unitShapes(blocks, { resolution, classes }).map(workOf);
      const macs = work.reduce((sum, { denseMacs, depthwiseMacs }) => sum + denseMacs + depthwiseMacs, 0);
      assert.equal(macs, countStructure(blocks, { counter: 'exact', resolution, classes }).flops);
    }
  });
});

describe('nonNegativeFit', () => {
  it('finds the coefficients of data without noise', () => {
    const rows = Array.from({ length: 12 }, (_, i) => [1, i % 5, (i * i) % 7]);
    const x = nonNegativeFit(
      rows,
      rows.map(([a = 0, b = 0, c = 0]) => 2 * a + 0.5 * b + 3 * c),
    );
    assert.ok(x.every((value, i) => Math.abs(value - ([2, 0.5, 3][i] as number)) < 1e-9));
  });

  it('keeps to what is not negative, and is optimal there', () => {
    const random = rng('fit');
    const rows = Array.from({ length: 20 }, () => [1, random.normal(), random.normal(), random.normal()]);
    const targets = rows.map(([, b = 0, c = 0]) => b - 2 * c + random.normal());
    const error = (x: readonly number[]) =>
      rows.reduce((sum, row, i) => sum + (row.reduce((s, v, j) => s + v * (x[j] ?? 0), 0) - (targets[i] ?? 0)) ** 2, 0);
    const x = nonNegativeFit(rows, targets);
    assert.ok(x.every((value) => value >= 0));
    assert.equal(x[2], 0);
    for (let i = 0; i < 500; i += 1)
      assert.ok(error(x) <= error(x.map((value) => Math.max(0, value + 0.05 * random.normal()))) + 1e-12);
  });
});

describe('predicted latency', () => {
  const image = { resolution: 16, classes: 4 };
  const MASTER = 'SuperConvK3BNRELU(1,8,1,1)SuperResKXKX(8,16,3,2,1,2)SuperResK1DWK1(16,32,3,1,3,3)';
  const units = unitShapes(blocksOf(MASTER), image).map((shape, i) => timedUnit(shape, i + 1));

  it('is the sum of the units and the constant, each unit as often as it comes', () => {
    // conv 1, xx first 2, xx repeat 3, dw first 4, dw repeats 6 and 6 (the last measurement counts), head 7
    assert.equal(predictLatency({ units, overheadMs: 0.5 }, blocksOf(MASTER), image), 1 + 2 + 3 + 4 + 6 + 6 + 7 + 0.5);
  });

  it('is positive and grows with depth', () => {
    const table = { units, overheadMs: 0 };
    let last = 0;
    for (let layers = 1; layers < 6; layers += 1) {
      const now = predictLatency(table, blocksOf(MASTER.replace('3,3)', `3,${layers})`)), image);
      assert.ok(now > last);
      last = now;
    }
  });

  it('lies on the plane between measured widths, and never beyond them', () => {
    const shape = (from: number, out: number): UnitShape => ({
      kind: 'xx',
      kernel: 3,
      in: from,
      hidden: out,
      out,
      stride: 2,
      shortcut: 'projection',
      resolution: 8,
    });
    const measured = [8, 16].flatMap((from) => [16, 32].map((out) => timedUnit(shape(from, out), 2 * from + 5 * out)));
    const predictor = latencyPredictor({ units: measured, overheadMs: 0 });
    assert.deepEqual(predictor.unit(shape(12, 20)), { ms: 2 * 12 + 5 * 20, source: 'interpolated' });
    assert.deepEqual(predictor.unit(shape(8, 16)), { ms: 96, source: 'measured' });
    assert.equal(predictor.unit(shape(8, 40)).source, 'estimated');
    assert.equal(predictor.unit({ ...shape(12, 20), kernel: 5 }).source, 'estimated');
  });

  it('goes along the diagonal where in and out width are one', () => {
    const shape = (width: number): UnitShape => ({
      kind: 'bl',
      kernel: 3,
      in: width,
      hidden: width / 4,
      out: width,
      stride: 1,
      shortcut: 'identity',
      resolution: 8,
    });
    const predictor = latencyPredictor({ units: [timedUnit(shape(16), 1), timedUnit(shape(32), 5)], overheadMs: 0 });
    assert.deepEqual(predictor.unit(shape(24)), { ms: 3, source: 'interpolated' });
    assert.equal(predictor.unit(shape(64)).source, 'estimated');
  });

  it('is estimated by the work of a unit, where latency is work', () => {
    const random = rng('work');
    const shapes = Array.from({ length: 40 }, (_, i): UnitShape => {
      const width = 8 * (1 + random.below(16));
      const kind = (['xx', 'bl', 'dw'] as const)[i % 3] ?? 'xx';
      return {
        kind,
        kernel: 3,
        in: width,
        hidden: width * (1 + (i % 4)),
        out: width,
        stride: 1,
        shortcut: 'identity',
        resolution: 4 + random.below(20),
      };
    });
    const latency = (shape: UnitShape): number => {
      const { denseMacs, depthwiseMacs, elements } = workOf(shape);
      return 0.01 + denseMacs * 1e-8 + depthwiseMacs * 9e-8 + elements * 3e-8;
    };
    const predictor = latencyPredictor({
      units: shapes.map((shape) => timedUnit(shape, latency(shape))),
      overheadMs: 0,
    });
    const unseen: UnitShape = { ...(shapes[2] as UnitShape), in: 72, hidden: 100, out: 88, shortcut: 'projection' };
    const { ms, source } = predictor.unit(unseen);
    assert.equal(source, 'estimated');
    assert.ok(Math.abs(ms / latency(unseen) - 1) < 1e-6, `${ms} ${latency(unseen)}`);
  });
});

describe('timing', () => {
  /** A clock on which the n-th pass takes what `passMs` says; waiting for the device takes nothing. */
  const clock = (passMs: (pass: number) => number, waitMs = 0) => {
    let now = 0;
    let pass = 0;
    const run = () => {
      now += passMs(pass) / 1000;
      pass += 1;
      return tf.scalar(0);
    };
    const seconds = () => {
      now += waitMs / 1000;
      return now;
    };
    return { run, seconds, passes: () => pass };
  };
  const protocol = { batch: 4, warmup: 3, repeats: 5, rounds: 10 };

  it('counts the fastest pass of a round, per image, and no warm-up', async () => {
    // one more pass than the warm-up tells how long a pass takes
    const time = clock((pass) => (pass < 3 ? 1000 : pass % 5 === 0 ? 8 : 8.4));
    const found = await timePasses(time.run, { protocol, seconds: time.seconds, between: never });
    assert.deepEqual(found, { ms: 2, sd: 0, low: 2, high: 2, rejected: 0 });
    assert.equal(time.passes(), 4 + 5 * 10);
  });

  it('takes several passes together where waiting for the device takes long', async () => {
    const long = { ...protocol, repeats: 40 };
    const time = clock(() => 8, 4);
    const found = await timePasses(time.run, { protocol: long, seconds: time.seconds, between: never });
    // 10 * 4 / 12 is four passes to a look: 32 + 4 milliseconds
    assert.deepEqual([found.ms, time.passes()], [36 / 4 / 4, 4 + 40 * 10]);
  });

  it('measures a disturbed round again', async () => {
    const time = clock((pass) => (pass >= 4 + 10 && pass < 4 + 20 && pass % 2 === 0 ? 20 : 8));
    const found = await timePasses(time.run, { protocol, seconds: time.seconds, between: never });
    assert.deepEqual([found.ms, found.rejected, time.passes()], [2, 2, 4 + 5 * 12]);
  });

  it('takes the fastest rounds of a machine that is never quiet', async () => {
    const time = clock((pass) => (pass % 2 === 0 ? 30 : 8 + (pass % 7)));
    const found = await timePasses(time.run, { protocol, seconds: time.seconds, between: never });
    assert.equal(found.rejected, 20);
    assert.ok(found.ms >= 2 && found.ms < 2.5, `${found.ms}`);
  });

  it('ends with what is thrown between rounds', async () => {
    const time = clock(() => 8);
    const between = async () => {
      if (time.passes() > 20) throw new Error('enough');
    };
    await assert.rejects(timePasses(time.run, { protocol, seconds: time.seconds, between }), /enough/);
  });

  const real = { seconds: () => performance.now() / 1000, between: never, rng };

  it('of units and networks leaves no tensor, and half a batch takes no longer', async () => {
    const before = tf.memory().numTensors;
    const [, xx] = unitShapes(blocksOf('SuperConvK3BNRELU(1,8,1,1)SuperResKXKX(8,16,3,2,1,1)'), {
      resolution: 16,
      classes: 4,
    });
    assert.ok(xx);
    const passMs = async (batch: number) =>
      batch * (await timeUnit(xx, { ...real, protocol: { batch, warmup: 1, repeats: 6, rounds: 2 } })).ms;
    assert.ok((await passMs(4)) <= 1.2 * (await passMs(8)));
    assert.equal(tf.memory().numTensors, before);
  });

  it('of a plan goes through units, calibration and networks, and tells the error of the predictions', async () => {
    const before = tf.memory().numTensors;
    const networks = ['8', '16', '24'].map((width) =>
      blocksOf(`SuperConvK3BNRELU(1,8,2,1)SuperResKXKX(8,${width},3,2,1,1)`),
    );
    const input = { height: 8, width: 8, channels: 1 };
    const image = { resolution: 8, classes: 3 };
    const units = networks
      .flatMap((blocks) => unitShapes(blocks, image))
      .filter((shape, i, all) => all.findIndex((other) => keyOf(other) === keyOf(shape)) === i);
    const plan = { input, classes: 3, units, calibration: networks.slice(0, 1), heldOut: networks.slice(1) };
    const measured = { units: [], networks: [] };
    const options = { ...real, protocol: { batch: 2, warmup: 0, repeats: 2, rounds: 1 } };
    let parts = 0;
    while ((await measureNext(plan, measured, options)) !== null) parts += 1;
    assert.equal(parts, units.length + 3);
    const table = tableOf(plan, measured);
    assert.deepEqual(
      table.networks.map(({ structure }) => structure.includes(',16,') || structure.includes(',24,')),
      [true, true],
    );
    assert.equal(table.error.networks, 2);
    assert.ok((table.error.meanAbsolutePercentage ?? -1) >= 0);
    const sum = unitShapes(networks[0] ?? [], image).reduce(
      (total, shape) => total + (table.units.find((unit) => keyOf(unit) === keyOf(shape))?.ms ?? Number.NaN),
      0,
    );
    const [first] = measured.networks as { ms: number }[];
    assert.ok(Math.abs(table.overheadMs - ((first?.ms ?? 0) - sum)) < 1e-9);
    assert.equal(tf.memory().numTensors, before);
  });
});
