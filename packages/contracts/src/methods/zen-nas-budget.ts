import { Type } from 'typebox';
import { Reference } from '../reference.ts';

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
    latency: Type.Union(
      [
        Type.Object(
          {
            table: Reference,
            milliseconds: Type.Number({ exclusiveMinimum: 0, description: 'per image, as the table predicts it' }),
          },
          { additionalProperties: false },
        ),
        Type.Null(),
      ],
      {
        default: null,
        description: 'by latency-table.json of a genet job, which stands for the device that it was measured on',
      },
    ),
    counter: Type.Enum(['repo', 'exact'], {
      default: 'repo',
      description:
        'of params and flops; repo: the counters of the released code; exact: real parameters and multiply-accumulates',
    }),
  },
  { additionalProperties: false, default: {} },
);
