/**
 * @file A preload that shifts the wall clock of its process by `CRUCIBLE_TEST_CLOCK_SKEW_MS`, as on a machine whose clock
 * was never set. The monotonic clock is left alone, as it is there.
 */
const skewMs = Number(process.env.CRUCIBLE_TEST_CLOCK_SKEW_MS ?? 0);
const RealDate = Date;

globalThis.Date = class SkewedDate extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(RealDate.now() + skewMs);
    else super(...args);
  }

  static now() {
    return RealDate.now() + skewMs;
  }
};
