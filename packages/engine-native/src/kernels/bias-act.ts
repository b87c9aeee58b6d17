import { _FusedMatMul, FusedConv2D, type TensorInfo } from '@tensorflow/tfjs-core';
import { type NativeKernel, nativeKernel, runKernelOf } from '../native-kernel.ts';
import { tfjsActivation } from '../ops/activation.ts';
import { CONV_BIAS_ACT, type ConvBiasAttrs } from '../ops/conv-bias-relu.ts';
import { CONV_BIAS_RELU_POOL, CONV_BIAS_RELU_POOL_GRAD } from '../ops/conv-bias-relu-pool.ts';
import { DENSE_ACT, type DenseActAttrs } from '../ops/dense-act.ts';
import { channelLayoutOf } from './channel-layout.ts';
import { activationCode } from './conv-plan.ts';
import { pool2x2FieldsOf } from './pool.ts';

/** Gradients of a bias and of what goes into an activation, from the activation's output `y`. */
export const BIAS_ACT_GRAD = 'OneDnnBiasActGrad';

interface ConvInputs {
  readonly x: TensorInfo;
  readonly filter: TensorInfo;
  readonly bias: TensorInfo;
}

const fusedConvAttrs = ({ strides, pad, activation }: ConvBiasAttrs) => ({
  strides,
  pad,
  dataFormat: 'NHWC',
  dilations: [1, 1],
  activation: tfjsActivation(activation),
});

/** Convolution or matrix product with bias and activation, the pooling after it, and their gradients in one pass. */
export const biasActKernels: readonly NativeKernel[] = [
  nativeKernel<ConvInputs, ConvBiasAttrs>(CONV_BIAS_ACT, (inputs, attrs, backend) =>
    runKernelOf(backend, FusedConv2D, inputs, fusedConvAttrs(attrs)),
  ),

  nativeKernel<{ x: TensorInfo; weights: TensorInfo; bias: TensorInfo }, DenseActAttrs>(
    DENSE_ACT,
    ({ x, weights, bias }, { activation }, backend) => {
      const attrs = { transposeA: false, transposeB: false, activation: tfjsActivation(activation) };
      return runKernelOf(backend, _FusedMatMul, { a: x, b: weights, bias }, attrs);
    },
  ),

  nativeKernel<{ dy: TensorInfo; y: TensorInfo }, DenseActAttrs>(
    BIAS_ACT_GRAD,
    ({ dy, y }, { activation }, backend) => {
      const { form, fields } = channelLayoutOf(backend, y);
      const dbias = backend.output(y.shape.slice(-1));
      const dz = activation === 'none' ? undefined : backend.outputIn(form, y.shape);
      backend.addon.biasActGrad(
        backend.valuesIn(form, dy),
        dz === undefined ? null : backend.valuesIn(form, y),
        dz?.values ?? null,
        dbias.values,
        fields,
        activationCode(tfjsActivation(activation)) ?? 0,
      );
      return dz === undefined ? [dbias.info] : [dbias.info, dz.info];
    },
  ),

  nativeKernel<ConvInputs, ConvBiasAttrs>(CONV_BIAS_RELU_POOL, (inputs, attrs, backend) => {
    const activated = runKernelOf(backend, FusedConv2D, inputs, fusedConvAttrs(attrs));
    const [images = 0, height = 0, width = 0, channels = 0] = activated.shape;
    const { form, fields } = pool2x2FieldsOf(backend, activated);
    const { info, values } = backend.outputIn(form, [images, height >> 1, width >> 1, channels]);
    backend.addon.maxPool2x2(backend.valuesIn(form, activated), values, fields);
    const record = backend.record(info.dataId);
    record.auxShape = activated.shape;
    record.aux = backend.detach(activated);
    return info;
  }),

  nativeKernel<{ dy: TensorInfo; y: TensorInfo }>(CONV_BIAS_RELU_POOL_GRAD, ({ dy, y }, _attrs, backend) => {
    const { aux, auxShape } = backend.record(y.dataId);
    if (aux === undefined || auxShape === undefined) {
      throw new Error('convBiasReluPool: its output was moved from the engine before the backward pass');
    }
    const { form, fields } = pool2x2FieldsOf(backend, y);
    fields.set(auxShape.slice(1, 3), 1); // the sizes before the pooling
    const dbias = backend.output(y.shape.slice(-1));
    const dz = backend.outputIn(form, [...auxShape]);
    backend.addon.biasReluPoolGrad(backend.valuesIn(form, dy), aux, dz.values, dbias.values, fields);
    return [dbias.info, dz.info];
  }),
];
