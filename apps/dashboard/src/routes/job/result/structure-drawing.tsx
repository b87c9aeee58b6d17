import { formatCount } from '../../../format/number.ts';
import type { StructureBlock } from './structure-blocks.ts';

/** An architecture as a list of its blocks, input first; bars show how wide each block is. */
export function StructureDrawing({ blocks }: { blocks: readonly StructureBlock[] }) {
  const widest = Math.max(...blocks.map(({ outChannels }) => outChannels));
  return (
    <div class="table-scroll">
      <table class="structure">
        <thead>
          <tr>
            <th scope="col">Block</th>
            <th scope="col">Kernel</th>
            <th scope="col" class="number">
              Channels
            </th>
            <th scope="col" class="width-column">
              <span class="visually-hidden">Width</span>
            </th>
            <th scope="col" class="number">
              Bottleneck
            </th>
            <th scope="col" class="number">
              Stride
            </th>
            <th scope="col" class="number">
              Layers
            </th>
          </tr>
        </thead>
        <tbody>
          {blocks.map((block, index) => (
            <tr key={index}>
              <th scope="row">
                {block.kind}
                {block.expansion !== null && <span class="muted"> ×{block.expansion}</span>}
              </th>
              <td class="figure">{block.kernel}</td>
              <td class="number">
                {formatCount(block.inChannels)} → {formatCount(block.outChannels)}
              </td>
              <td class="width-column" aria-hidden="true">
                {/* Square root: the last convolution is often ten times as wide as the stem. */}
                <span class="width-bar" style={{ width: `${Math.sqrt(block.outChannels / widest) * 100}%` }} />
              </td>
              <td class="number">{block.bottleneck ?? '–'}</td>
              <td class="number">{block.stride === 1 ? '1' : <strong>{block.stride} ↓</strong>}</td>
              <td class="number">{block.layers}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
