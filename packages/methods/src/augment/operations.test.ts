import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createRng } from '../random/create-rng.ts';
import { affine, rotate } from './affine.ts';
import { gaussianBlur, sharpness } from './blur.ts';
import { brightness, contrast, grayscale, posterize, saturation, shiftHue, solarize } from './color.ts';
import { erase } from './erase.ts';
import { flip, shift } from './geometry.ts';
import { autoContrast, equalize } from './histogram.ts';
import type { Picture } from './picture.ts';
import { cropAndResize } from './resize.ts';

const randomPicture = (height: number, width: number, channels: number, name = 'picture'): Picture => {
  const rng = createRng(12, name);
  return {
    pixels: Uint8Array.from({ length: height * width * channels }, () => rng.below(256)),
    height,
    width,
    channels,
  };
};

/** Value of a pixel by its coordinates; the edge goes on where they lie outside. */
const at = ({ pixels, height, width, channels }: Picture, y: number, x: number, c: number): number => {
  const [row, column] = [Math.min(height - 1, Math.max(0, y)), Math.min(width - 1, Math.max(0, x))];
  return pixels[(row * width + column) * channels + c] as number;
};

/** Checks every byte of `actual` against a rule by coordinates that gives a number before rounding. */
const assertPixels = (actual: Picture, rule: (y: number, x: number, c: number) => number, slack = 0.5001): void => {
  const { height, width, channels } = actual;
  assert.equal(actual.pixels.length, height * width * channels);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < channels; c++) {
        const expected = Math.min(255, Math.max(0, rule(y, x, c)));
        assert.ok(
          Math.abs(at(actual, y, x, c) - expected) <= slack,
          `${y},${x},${c}: ${at(actual, y, x, c)} ${expected}`,
        );
      }
};

const PICTURES = [randomPicture(7, 5, 3), randomPicture(6, 9, 1), randomPicture(1, 4, 3)];
const luma = (p: Picture, y: number, x: number): number =>
  p.channels === 1 ? at(p, y, x, 0) : 0.299 * at(p, y, x, 0) + 0.587 * at(p, y, x, 1) + 0.114 * at(p, y, x, 2);

describe('operations on pictures', () => {
  it('mirror and move', () => {
    for (const p of PICTURES) {
      assertPixels(flip(p), (y, x, c) => at(p, y, p.width - 1 - x, c), 0);
      for (const [dx, dy] of [
        [0, 0],
        [2, -1],
        [-1, 3],
        [20, 0],
        [0, -20],
      ] as const)
        assertPixels(
          shift(p, dx, dy),
          (y, x, c) => {
            const [r, s] = [y + dy, x + dx];
            return r >= 0 && s >= 0 && r < p.height && s < p.width ? at(p, r, s, c) : 0;
          },
          0,
        );
    }
  });

  it('change brightness, contrast, saturation and grey by their formulas', () => {
    for (const p of PICTURES)
      for (const f of [0, 0.4, 1, 1.7]) {
        let mean = 0;
        for (let y = 0; y < p.height; y++) for (let x = 0; x < p.width; x++) mean += luma(p, y, x);
        mean = Math.round(mean / (p.height * p.width));
        assertPixels(brightness(p, f), (y, x, c) => at(p, y, x, c) * f);
        assertPixels(contrast(p, f), (y, x, c) => mean + f * (at(p, y, x, c) - mean));
        assertPixels(saturation(p, f), (y, x, c) => luma(p, y, x) + f * (at(p, y, x, c) - luma(p, y, x)));
        assertPixels(grayscale(p), (y, x) => luma(p, y, x));
      }
  });

  it('move hues round the colour circle', () => {
    const colour = (...pixels: number[]): Picture => ({
      pixels: Uint8Array.from(pixels),
      height: 1,
      width: 1,
      channels: 3,
    });
    const cases: [number[], number, number[]][] = [
      [[255, 0, 0], 1 / 3, [0, 255, 0]],
      [[255, 0, 0], -1 / 3, [0, 0, 255]],
      [[255, 0, 0], 1 / 6, [255, 255, 0]],
      [[200, 100, 50], 0.5, [50, 150, 200]],
      [[10, 20, 250], 1 / 3, [250, 10, 20]],
      [[70, 70, 70], 0.3, [70, 70, 70]],
    ];
    for (const [from, turns, to] of cases) assert.deepEqual([...shiftHue(colour(...from), turns).pixels], to);
    for (const p of PICTURES) {
      assertPixels(shiftHue(p, 0), (y, x, c) => at(p, y, x, c));
      assertPixels(shiftHue(p, 1), (y, x, c) => at(p, y, x, c));
      assertPixels(shiftHue(shiftHue(p, 0.25), -0.25), (y, x, c) => at(p, y, x, c), 2);
    }
  });

  it('invert from a threshold on, and drop low bits', () => {
    for (const p of PICTURES) {
      assertPixels(solarize(p, 100), (y, x, c) => (at(p, y, x, c) >= 100 ? 255 - at(p, y, x, c) : at(p, y, x, c)), 0);
      assert.deepEqual(solarize(p, 256).pixels, p.pixels);
      assertPixels(posterize(p, 3), (y, x, c) => Math.floor(at(p, y, x, c) / 32) * 32, 0);
      assert.deepEqual(posterize(p, 8).pixels, p.pixels);
    }
  });

  it('stretch and flatten histograms', () => {
    for (const p of PICTURES) {
      const channel = (c: number) => [...p.pixels].filter((_, i) => i % p.channels === c);
      assertPixels(autoContrast(p), (y, x, c) => {
        const [low, high] = [Math.min(...channel(c)), Math.max(...channel(c))];
        return high > low ? (255 * (at(p, y, x, c) - low)) / (high - low) : at(p, y, x, c);
      });
    }
    // 256 pixels of each of 0, 1, 2 and 9: the step is 768 / 255, rounded down to 3
    const flat: Picture = {
      pixels: Uint8Array.from({ length: 1024 }, (_, i) => [0, 1, 2, 9][i % 4] as number),
      height: 32,
      width: 32,
      channels: 1,
    };
    assert.deepEqual([...equalize(flat).pixels.subarray(0, 4)], [0, 85, 171, 255]);
    const p = randomPicture(64, 64, 3, 'large');
    const levels = equalize({ ...p, pixels: p.pixels.map((byte) => 40 + (byte >> 3)) });
    assert.ok(Math.max(...levels.pixels) > 240 && Math.min(...levels.pixels) === 0);
    const one: Picture = { pixels: new Uint8Array(12).fill(77), height: 2, width: 2, channels: 3 };
    assert.deepEqual([equalize(one).pixels, autoContrast(one).pixels], [one.pixels, one.pixels]);
  });

  it('blur with a two-dimensional Gaussian, edge repeated', () => {
    for (const p of PICTURES)
      for (const sigma of [0.3, 1.1, 2]) {
        const radius = Math.ceil(3 * sigma);
        const weight = (d: number) => Math.exp(-(d * d) / (2 * sigma * sigma));
        assertPixels(gaussianBlur(p, sigma), (y, x, c) => {
          let [sum, total] = [0, 0];
          for (let i = -radius; i <= radius; i++)
            for (let j = -radius; j <= radius; j++) {
              sum += weight(i) * weight(j) * at(p, y + i, x + j, c);
              total += weight(i) * weight(j);
            }
          return sum / total;
        });
      }
  });

  it('sharpen against the smoothed picture, the edge apart', () => {
    for (const p of PICTURES)
      for (const f of [0, 0.5, 1, 1.9])
        assertPixels(sharpness(p, f), (y, x, c) => {
          const own = at(p, y, x, c);
          if (y === 0 || x === 0 || y === p.height - 1 || x === p.width - 1) return own;
          let sum = 4 * own;
          for (let i = -1; i <= 1; i++) for (let j = -1; j <= 1; j++) sum += at(p, y + i, x + j, c);
          return sum / 13 + f * (own - sum / 13);
        });
  });

  it('resize with a triangle filter, as wide as an output pixel where it shrinks', () => {
    for (const p of PICTURES)
      for (const [box, height, width] of [
        [{ top: 0, left: 0, height: p.height, width: p.width }, p.height, p.width],
        [{ top: 0, left: 0, height: p.height, width: p.width }, 3, 2],
        [{ top: 0, left: 1, height: p.height, width: p.width - 2 }, 11, 6],
      ] as const) {
        const weights = (length: number, output: number, i: number) => {
          const [scale, centre] = [length / output, ((i + 0.5) * length) / output];
          const row = Array.from({ length }, (_, j) =>
            Math.max(0, 1 - Math.abs(j + 0.5 - centre) / Math.max(1, scale)),
          );
          return row.map((w) => w / row.reduce((a, b) => a + b, 0));
        };
        const resized = cropAndResize(p, box, height, width);
        assert.deepEqual([resized.height, resized.width], [height, width]);
        assertPixels(resized, (y, x, c) => {
          const [rows, columns] = [weights(box.height, height, y), weights(box.width, width, x)];
          let sum = 0;
          rows.forEach((wy, i) => {
            columns.forEach((wx, j) => {
              sum += wy * wx * at(p, box.top + i, box.left + j, c);
            });
          });
          return sum;
        });
      }
  });

  it('turn and map to the nearest pixel', () => {
    const p = randomPicture(5, 5, 3);
    const fill = [1, 2, 3];
    assertPixels(rotate(p, 90, fill), (y, x, c) => at(p, 4 - x, y, c), 0);
    assertPixels(rotate(p, 180, fill), (y, x, c) => at(p, 4 - y, 4 - x, c), 0);
    assert.deepEqual(rotate(p, 0, fill).pixels, p.pixels);
    assertPixels(affine(p, [1, 0, 0, 1], 2, 0, fill), (y, x, c) => (x + 2 < 5 ? at(p, y, x + 2, c) : c + 1), 0);
    // row y is moved by twice its offset from the middle
    const sheared = affine(p, [1, 2, 0, 1], 0, 0, fill);
    assertPixels(
      sheared,
      (y, x, c) => {
        const column = x + 2 * (y - 2);
        return column >= 0 && column < 5 ? at(p, y, column, c) : c + 1;
      },
      0,
    );
  });

  it('erase a box as far as it lies inside', () => {
    for (const p of PICTURES)
      assertPixels(
        erase(p, { top: -1, left: 2, height: 3, width: 50 }, (c) => 9 + c),
        (y, x, c) => (y < 2 && x >= 2 ? 9 + c : at(p, y, x, c)),
        0,
      );
  });

  it('never write into the picture that they get', () => {
    for (const p of PICTURES) {
      const before = p.pixels.slice();
      for (const run of [
        () => flip(p),
        () => shift(p, 1, 1),
        () => erase(p, { top: 0, left: 0, height: 2, width: 2 }, () => 0),
        () => sharpness(p, 2),
        () => gaussianBlur(p, 1),
        () => equalize(p),
        () => shiftHue(p, 0.2),
      ])
        run();
      assert.deepEqual(p.pixels, before);
    }
  });
});
