/**
 * Standard deviation of a Xavier-normal convolution kernel: `gain * sqrt(2 / (fanIn + fanOut))`, fans counted with the
 * window. A depth-wise kernel has one input channel per filter.
 */
export function xavierNormalStd(gain: number, kernel: number, inputsPerFilter: number, filters: number): number {
  return gain * Math.sqrt(2 / (kernel * kernel * (inputsPerFilter + filters)));
}
