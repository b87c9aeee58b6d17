import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AUGMENTATION_PRESETS, AugmentationPolicy, fits, resolve } from '@crucible/contracts';
import { createRng } from '../random/create-rng.ts';
import { applyPolicy, sizeAfterPolicy } from './apply-policy.ts';
import { colorJitter } from './color-jitter.ts';
import type { Picture } from './picture.ts';
import { RAND_AUGMENT_OPS, randAugment } from './rand-augment.ts';
import { centralBox, randomBox } from './random-box.ts';

const FILL = [7, 8, 9];
const rng = (name: string) => createRng(21, name);
const picture = (height = 16, width = 16, channels = 3): Picture => {
  const draw = rng('picture');
  return {
    pixels: Uint8Array.from({ length: height * width * channels }, () => draw.below(256)),
    height,
    width,
    channels,
  };
};

describe('applyPolicy', () => {
  for (const [name, policy] of Object.entries(AUGMENTATION_PRESETS))
    it(`is a pure function of picture and stream: ${name}`, () => {
      assert.ok(fits(AugmentationPolicy, policy));
      for (const p of [picture(), picture(12, 20, 1)]) {
        const run = (stream: string) => applyPolicy(p, policy, rng(stream), FILL);
        const all = Array.from({ length: 12 }, (_, i) => run(`sample/${i}`));
        all.forEach((result, i) => {
          assert.deepEqual(result, run(`sample/${i}`));
          assert.deepEqual([result.height, result.width, result.channels], [p.height, p.width, p.channels]);
        });
        const different = new Set(all.map(({ pixels }) => pixels.join())).size;
        assert.ok(name === 'none' ? different === 1 : different > 1);
      }
    });

  it('fills the defaults of every operation, and refuses what it does not know', () => {
    const ops = ['random-resized-crop', 'pad-crop', 'flip', 'color-jitter', 'grayscale', 'gaussian-blur', 'solarize'];
    const more = ['cutout', 'random-erasing', 'rand-augment'];
    const filled = resolve(
      AugmentationPolicy,
      [...ops, ...more].map((op) => ({ op })),
    );
    assert.deepEqual(filled.faults, []);
    applyPolicy(picture(), filled.value ?? [], rng('all'), FILL);
    assert.notEqual(resolve(AugmentationPolicy, [{ op: 'flip', odds: 1 }]).faults.length, 0);
    assert.notEqual(resolve(AugmentationPolicy, [{ op: 'swirl' }]).faults.length, 0);
  });

  it('shifts by the padding asked for, and lets black in, not the fill', () => {
    const white: Picture = { pixels: new Uint8Array(49).fill(255), height: 7, width: 7, channels: 1 };
    const shifts = new Set<string>();
    for (let i = 0; i < 400; i++) {
      const { pixels } = applyPolicy(white, [{ op: 'pad-crop', padding: 2 }], rng(`shift/${i}`), [77]);
      assert.ok(pixels.every((byte) => byte === 0 || byte === 255));
      const rows = Array.from({ length: 7 }, (_, y) => pixels.subarray(7 * y, 7 * y + 7).includes(255));
      const columns = Array.from({ length: 7 }, (_, x) => rows.some((_row, y) => pixels[7 * y + x] === 255));
      const side = (seen: boolean[]) => seen.indexOf(true) - (6 - seen.lastIndexOf(true));
      const [x, y] = [side(columns), side(rows)];
      assert.equal(pixels.filter((byte) => byte === 255).length, (7 - Math.abs(x)) * (7 - Math.abs(y)));
      shifts.add(`${x},${y}`);
    }
    assert.equal(shifts.size, 25); // every shift of up to two pixels either way
  });

  it('crops by at most the padding, all shifts alike, and flips half of the time', () => {
    const p: Picture = { pixels: new Uint8Array(256), height: 16, width: 16, channels: 1 };
    p.pixels[7 * 16 + 5] = 255; // one bright pixel tells the shift
    const counts = new Map<string, number>();
    for (let i = 0; i < 3000; i++) {
      const { pixels } = applyPolicy(p, AUGMENTATION_PRESETS['crop-flip'], rng(`crop/${i}`), FILL);
      const where = pixels.indexOf(255);
      const key = `${where % 16},${Math.floor(where / 16)}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    const places = [5, 10].flatMap((x) =>
      [-2, -1, 0, 1, 2].flatMap((dx) => [5, 6, 7, 8, 9].map((y) => `${x + dx},${y}`)),
    );
    assert.deepEqual([...counts.keys()].sort(), places.sort());
    // 60 expected in each of 50 places; six standard deviations are 46
    for (const [key, count] of counts) assert.ok(Math.abs(count - 60) < 46, `${key} ${count}`);
  });

  it('cuts out one square, whole or cut at the edge, and erases boxes of the asked area', () => {
    const white: Picture = { pixels: new Uint8Array(20 * 20).fill(255), height: 20, width: 20, channels: 1 };
    for (let i = 0; i < 200; i++) {
      const cut = applyPolicy(white, [{ op: 'cutout', probability: 1, size: 6 }], rng(`cut/${i}`), [3]);
      const erased = cut.pixels.filter((byte) => byte === 3).length;
      assert.ok(erased >= 9 && erased <= 36, `${erased}`);
      const op = { op: 'random-erasing', probability: 1, area: [0.1, 0.3], ratio: [0.5, 2], fill: 'mean' } as const;
      const share = applyPolicy(white, [{ ...op, area: [0.1, 0.3], ratio: [0.5, 2] }], rng(`erase/${i}`), [3]);
      const area = share.pixels.filter((byte) => byte === 3).length / 400;
      assert.ok(area > 0.07 && area < 0.34, `${area}`);
    }
  });

  it('tells the size that crops leave', () => {
    const crop = {
      op: 'random-resized-crop',
      size: 12,
      scale: [0.5, 1],
      ratio: [1, 1],
    } satisfies AugmentationPolicy[0];
    assert.deepEqual(sizeAfterPolicy([crop, { op: 'flip', probability: 1 }], 20, 30), [12, 12]);
    assert.deepEqual(sizeAfterPolicy([{ ...crop, size: null }], 20, 30), [20, 30]);
    const { height, width } = applyPolicy(picture(20, 30), [crop], rng('size'), FILL);
    assert.deepEqual([height, width], [12, 12]);
  });
});

describe('randomBox', () => {
  it('draws boxes inside, of the asked area and shape', () => {
    const stream = rng('boxes');
    for (let i = 0; i < 500; i++) {
      const box = randomBox(stream, 100, 80, [0.2, 0.4], [0.5, 2]);
      if (box === null) continue;
      assert.ok(box.top >= 0 && box.left >= 0 && box.top + box.height <= 100 && box.left + box.width <= 80);
      const [area, ratio] = [(box.width * box.height) / 8000, box.width / box.height];
      assert.ok(area > 0.19 && area < 0.41 && ratio > 0.48 && ratio < 2.1);
    }
    assert.equal(randomBox(stream, 10, 100, [0.9, 1], [0.9, 1.1]), null);
    assert.deepEqual(centralBox(10, 100, [0.75, 2]), { top: 0, left: 40, height: 10, width: 20 });
    assert.deepEqual(centralBox(90, 30, [0.5, 2]), { top: 15, left: 0, height: 60, width: 30 });
  });
});

describe('colorJitter', () => {
  const none = { brightness: 0, contrast: 0, saturation: 0, hue: 0 };
  it('does nothing with strengths of zero, and keeps each factor within its strength', () => {
    const p = picture();
    assert.deepEqual(colorJitter(p, none, rng('jitter')).pixels, p.pixels);
    const grey: Picture = { pixels: new Uint8Array(3).fill(100), height: 1, width: 1, channels: 3 };
    const seen = Array.from({ length: 400 }, (_, i) => {
      const { pixels } = colorJitter(grey, { ...none, brightness: 0.3 }, rng(`jitter/${i}`));
      return pixels[0] as number;
    });
    assert.deepEqual([Math.min(...seen) >= 70, Math.max(...seen) <= 130], [true, true]);
    assert.ok(Math.min(...seen) < 74 && Math.max(...seen) > 126);
  });
});

describe('randAugment', () => {
  it('has the fourteen operations of the paper, harmless at strength 0 but for the two without strength', () => {
    assert.equal(Object.keys(RAND_AUGMENT_OPS).length, 14);
    const p = picture();
    for (const [name, apply] of Object.entries(RAND_AUGMENT_OPS)) {
      const same = apply(p, 0, FILL).pixels.join() === p.pixels.join();
      assert.equal(same, !['auto-contrast', 'equalize'].includes(name) || same, name);
      if (!['identity', 'auto-contrast', 'equalize'].includes(name))
        for (const signed of [-1, 1]) assert.notDeepEqual(apply(p, signed, FILL).pixels, p.pixels, name);
    }
  });

  it('reaches the largest values of AutoAugment at M = 10', () => {
    const row: Picture = {
      pixels: Uint8Array.from({ length: 331 }, (_, i) => i % 251),
      height: 1,
      width: 331,
      channels: 1,
    };
    const moved = RAND_AUGMENT_OPS['translate-x'](row, 1, [255]);
    assert.equal(moved.pixels[0], 150);
    assert.equal(moved.pixels.filter((byte) => byte === 255).length, 150);
    const bytes: Picture = {
      pixels: Uint8Array.from({ length: 256 }, (_, i) => i),
      height: 16,
      width: 16,
      channels: 1,
    };
    assert.deepEqual(new Set(RAND_AUGMENT_OPS.posterize(bytes, 1).pixels).size, 16);
    assert.equal(RAND_AUGMENT_OPS.solarize(bytes, -1).pixels[0], 255);
    assert.equal(RAND_AUGMENT_OPS.brightness(bytes, 1).pixels[100], 190);
    assert.equal(RAND_AUGMENT_OPS.brightness(bytes, -1).pixels[100], 10);
  });

  it('draws every operation', () => {
    const p = picture();
    const results = new Set(
      Array.from({ length: 400 }, (_, i) =>
        randAugment(p, { numOps: 1, magnitude: 7 }, rng(`one/${i}`), FILL).pixels.join(),
      ),
    );
    // rotation, four shears and moves, four enhancements: two signs each; identity, auto-contrast and equalize may agree
    assert.ok(results.size >= 20 && results.size <= 23, `${results.size}`);
  });
});
