import * as tf from '@tensorflow/tfjs-core';
import type { Dense } from './dense.ts';
import { addCost, type Cost, chain, type FeatureSize, type Layer } from './layer.ts';
import type { Model } from './model.ts';
import { globalAverage } from './pool.ts';
import type { Weights } from './weights.ts';

/** A named part of a backbone: what feature distillation, detectors and probes may ask for. */
export interface Stage {
  name: string;
  layer: Layer;
}

/** What one pass gives. */
export interface NetworkOutputs {
  /** feature map `[B, h, w, c]` that leaves each stage, by its name */
  stages: Record<string, tf.Tensor4D>;
  /** `[B, embeddingWidth]`, before the classifier */
  embedding: tf.Tensor2D;
  /** `[B, K]` */
  logits: tf.Tensor2D;
}

/** A classifier made of a backbone in stages, global average pooling and one linear layer. */
export interface Network extends Model {
  /** size of the image that it was built for */
  readonly input: FeatureSize;
  /** the stages in order, with the size of what leaves each */
  readonly stages: readonly (Stage & { size: FeatureSize })[];
  readonly embeddingWidth: number;
  /** of one image of the size that it was built for; head included */
  readonly cost: Cost;
  outputs(images: tf.Tensor4D, training: boolean): NetworkOutputs;
  /** Embedding `[B, embeddingWidth]` alone. */
  embed(images: tf.Tensor4D, training: boolean): tf.Tensor2D;
  /** Logits `[B, K]` of an embedding. */
  classify(embedding: tf.Tensor2D): tf.Tensor2D;
}

export interface NetworkParts {
  weights: Weights;
  stages: readonly Stage[];
  classifier: Dense;
  input: FeatureSize;
  /** see `Model` */
  beginStep?: (step: number) => void;
}

/** Joins the parts of a network. The weights are freed with it. */
export function createNetwork({ weights, stages, classifier, input, beginStep }: NetworkParts): Network {
  const backbone = chain(stages.map(({ layer }) => layer));
  const { size, ...cost } = backbone.measure(input);
  let current = input;
  const sizes = stages.map(({ name, layer }) => {
    current = layer.measure(current).size;
    return { name, layer, size: current };
  });
  const embed = (images: tf.Tensor4D, training: boolean) => globalAverage(backbone.forward(images, training));
  return {
    parameters: weights.parameters,
    statistics: weights.statistics,
    input,
    stages: sizes,
    embeddingWidth: size.channels,
    cost: addCost(cost, classifier.cost),
    outputs: (images, training) =>
      tf.tidy(() => {
        const outputs: Record<string, tf.Tensor4D> = {};
        let x = images;
        for (const { name, layer } of stages) {
          x = layer.forward(x, training);
          outputs[name] = x;
        }
        const embedding = globalAverage(x);
        return { stages: outputs, embedding, logits: classifier.forward(embedding) } as NetworkOutputs & {
          [name: string]: tf.TensorContainer;
        };
      }),
    embed: (images, training) => tf.tidy(() => embed(images, training)),
    classify: (embedding) => tf.tidy(() => classifier.forward(embedding)),
    forward: (images, training) => tf.tidy(() => classifier.forward(embed(images, training))),
    ...(beginStep === undefined ? {} : { beginStep }),
    dispose: () => weights.dispose(),
  };
}
