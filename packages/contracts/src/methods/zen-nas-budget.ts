import { Type } from 'typebox';

const Limit = (description: string) =>
  Type.Union([Type.Number({ exclusiveMinimum: 0 }), Type.Null()], { default: null, description });

/** Upper bounds of a candidate; equality passes. */
export const ZenNasBudget = Type.Object(
  {
    params: Type.Union([Type.Number({ exclusiveMinimum: 0 }), Type.Null()], {
      default: 1e6,
      description: 'trainable parameters',
    }),
    flops: Limit('multiply-accumulates of one image'),
    depth: Type.Integer({
      minimum: 3,
      maximum: 200,
      default: 18,
      description: 'sum of the layers of all super blocks',
    }),
    activationBytes: Limit(
      'float32 activations of one image: the outputs of all convolutions, which training keeps for the backward pass',
    ),
    counter: Type.Enum(['repo', 'exact'], {
      default: 'repo',
      description:
        'of params and flops; repo: the counters of the released code; exact: real parameters and multiply-accumulates',
    }),
  },
  { additionalProperties: false, default: {} },
);
