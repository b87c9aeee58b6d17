/** One part of a dataset, whole in memory: images as stored bytes, NHWC. */
export interface Split {
  /** `[count, height, width, channels]`, 0..255 */
  images: Uint8Array;
  /** `[count]`, each in [0, classes) */
  labels: Int32Array;
  count: number;
}

/** An image classification dataset. */
export interface Dataset {
  name: string;
  height: number;
  width: number;
  channels: number;
  classes: number;
  classNames: readonly string[];
  /** per channel, of pixel values in 0..1, computed on the train split */
  mean: readonly number[];
  std: readonly number[];
  train: Split;
  test: Split;
  /** SHA-256 over the bytes of images and labels of both splits: names the very data a result came from */
  sha256: string;
}
