import { type NativeKernel, nativeKernel } from '../native-kernel.ts';
import { FILLED_TENSOR, type FilledTensorAttrs } from '../ops/filled-tensor.ts';

/** A tensor of recycled memory that the caller fills. */
export const filledTensorKernels: readonly NativeKernel[] = [
  nativeKernel<object, FilledTensorAttrs>(FILLED_TENSOR, (_inputs, { shape, fill }, backend) => {
    const { info, values } = backend.output([...shape]);
    fill(values);
    return info;
  }),
];
