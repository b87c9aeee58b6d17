import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatBytes } from './bytes.ts';
import { between, formatDuration } from './duration.ts';
import { formatCount, formatNumber, formatTick, formatValue } from './number.ts';

describe('formatDuration', () => {
  it('names at most two units and never a negative span', () => {
    const spans = [-5, 400, 12_300, 245_000, 11_520_000, 187_200_000];
    assert.deepEqual(spans.map(formatDuration), ['0.0 s', '0.4 s', '12 s', '4 m 05 s', '3 h 12 m', '2 d 04 h']);
  });

  it('measures from a time to a time or to a clock', () => {
    assert.equal(between('2026-01-01T00:00:00.000Z', '2026-01-01T00:01:00.500Z'), 60_500);
    assert.equal(between('1970-01-01T00:00:01.000Z', 3000), 2000);
  });
});

describe('formatNumber', () => {
  it('keeps four digits, whole numbers whole and extremes in exponent form', () => {
    const values = [0, 0.912345, 12.34567, 250_000, 123456.78, 5e-4, 3.2e9 + 0.5, 11_231_000, Number.NaN];
    assert.deepEqual(
      values.map((value) => formatNumber(value)),
      ['0', '0.9123', '12.35', '250\u202f000', '123\u202f457', '5.00e-4', '3.20e+9', '11\u202f231\u202f000', 'NaN'],
    );
  });

  it('writes a value in its unit', () => {
    assert.equal(formatValue(0.91234, 'fraction'), '91.23 %');
    assert.equal(formatValue(12345, 'count'), '12\u202f345');
    assert.equal(formatValue(1.5, 'nats'), '1.5 nats');
    assert.equal(formatValue(0.05, '1'), '0.05');
    assert.equal(formatValue(3.42, '1/s'), '3.42 /s');
    assert.equal(formatValue(Number.POSITIVE_INFINITY, 'nats'), 'Infinity');
  });

  it('is short at an axis', () => {
    assert.deepEqual([0.25, 1500, 250_000, 1.25e6].map(formatTick), ['0.25', '1\u202f500', '250K', '1.25M']);
  });

  it('parts the digits of a count', () => assert.equal(formatCount(1234567), '1\u202f234\u202f567'));
});

describe('formatBytes', () => {
  it('changes the unit at 1024', () => {
    assert.deepEqual([0, 1023, 1024, 1_268_000].map(formatBytes), ['0 B', '1023 B', '1.00 KiB', '1.21 MiB']);
  });
});
