import type { TensorInfo } from '@tensorflow/tfjs-core';
import { BLOCK_CHANNELS, type OneDnnBackend } from '../backend.ts';
import { sizeOf } from '../native-kernel.ts';
import type { Form } from '../tensor-record.ts';

/** A tensor's form and, for the native loops over channels, where its channels lie. */
export interface ChannelLayout {
  readonly form: Form;
  /** Panels, rows of a panel, channels of a panel, blocks of channels; see `native/channel-loops.h`. */
  readonly fields: Int32Array;
}

/** Layout of a tensor whose last axis is that of the channels. */
export function channelLayoutOf(backend: OneDnnBackend, x: TensorInfo): ChannelLayout {
  const channels = x.shape.at(-1) ?? 1;
  const rows = sizeOf(x.shape) / channels;
  const form = backend.formOf(x);
  if (form !== 'blocked') return { form, fields: Int32Array.of(1, rows, channels, 1) };
  const images = x.shape[0] ?? 1;
  const blocks = channels / BLOCK_CHANNELS;
  return { form, fields: Int32Array.of(images * blocks, rows / images, BLOCK_CHANNELS, blocks) };
}
