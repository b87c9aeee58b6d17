/** A fused kernel does not take these inputs; its op computes them from plain ops instead. */
export class RefusedInputsError extends Error {
  constructor(kernelName: string) {
    super(`kernel ${kernelName} cannot take these inputs`);
    this.name = 'RefusedInputsError';
  }
}
