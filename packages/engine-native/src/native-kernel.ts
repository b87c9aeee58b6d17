import { getKernel, type NamedAttrMap, type NamedTensorInfoMap, type TensorInfo } from '@tensorflow/tfjs-core';
import { ONEDNN, type OneDnnBackend } from './backend.ts';

export type KernelResult = TensorInfo | TensorInfo[];

/** Implementation of a kernel; undefined means "not this case", and the plain CPU kernel takes it. */
export interface NativeKernel {
  readonly name: string;
  run(inputs: unknown, attrs: unknown, backend: OneDnnBackend): KernelResult | undefined;
}

/** Inputs as a kernel gets them: tfjs types those that every call has as possibly undefined. */
type Present<Inputs> = {
  [Name in keyof Inputs]: object extends Pick<Inputs, Name> ? Inputs[Name] : NonNullable<Inputs[Name]>;
};

/**
 * Declares a native kernel with the input and attribute types that tfjs gives it.
 * tfjs passes both untyped; this is the one place where that is bridged.
 */
export const nativeKernel = <Inputs, Attrs = object>(
  name: string,
  run: (inputs: Present<Inputs>, attrs: Attrs, backend: OneDnnBackend) => KernelResult | undefined,
): NativeKernel => ({ name, run: (inputs, attrs, backend) => run(inputs as Present<Inputs>, attrs as Attrs, backend) });

/** True if every tensor is float32, the only type native kernels compute with. */
export const areFloat32 = (...infos: readonly TensorInfo[]): boolean => infos.every((info) => info.dtype === 'float32');

/** Product of dimensions. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((size, length) => size * length, 1);

/** Runs another kernel of the backend, with its plain path, from within a kernel. */
export function runKernelOf(backend: OneDnnBackend, name: string, inputs: object, attrs: object): TensorInfo {
  const kernel = getKernel(name, ONEDNN);
  if (kernel === undefined) throw new Error(`kernel ${name} is not registered`);
  return kernel.kernelFunc({
    inputs: inputs as NamedTensorInfoMap,
    attrs: attrs as NamedAttrMap,
    backend,
  }) as TensorInfo;
}
