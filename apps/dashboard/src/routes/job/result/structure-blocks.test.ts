import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { structureBlocks } from './structure-blocks.ts';

describe('structureBlocks', () => {
  it('reads every kind of super block', () => {
    const blocks = structureBlocks(
      'SuperConvK3BNRELU(3,8,2,1)SuperResK3K3(8,16,1,24,2)SuperResK1K5K1(16,32,2,40,3)SuperResIDWE4K7(32,64,2,48,5)',
    );
    assert.deepEqual(
      blocks?.map(({ kind, kernel, expansion, inChannels, outChannels, stride, bottleneck, layers }) =>
        [kind, kernel, expansion, `${inChannels}-${outChannels}`, stride, bottleneck, layers].join(' '),
      ),
      [
        'conv 3  3-8 2  1',
        'residual 3·3  8-16 1 24 2',
        'bottleneck 1·5·1  16-32 2 40 3',
        'inverted depth-wise 7 4 32-64 2 48 5',
      ],
    );
  });

  it('reads a block with a name', () => {
    assert.equal(structureBlocks('SuperConvK1BNRELU(last|16,32,1,1)')?.[0]?.outChannels, 32);
  });

  it('gives back nothing for other strings', () => {
    for (const other of ['', 'resnet18', 'SuperConvK3BNRELU(3,8,1,1)ConvKX(8,8,3,1)', 'SuperResK3K3(8,16,1,24)'])
      assert.equal(structureBlocks(other), null, other);
  });
});
