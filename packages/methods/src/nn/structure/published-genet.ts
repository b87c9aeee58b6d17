import type { PublishedStructure } from './published.ts';

const STEM = (width: number) => `ConvKX(3,${width},3,2)BN(${width})RELU(${width})`;
const HEAD = (width: number, out: number) => `ConvKX(${width},${out},1,1)BN(${out})RELU(${out})`;

/** A network of arXiv:2006.14090 with what its authors publish of its size. */
export interface PublishedGenet extends Omit<PublishedStructure, 'resolution'> {
  resolution: 192 | 256;
  /** millions of parameters */
  paramsMillions: number;
  /** billions of multiply-accumulates at `resolution` */
  gigaFlops: number;
}

/** The three published GENets (table 1 of the paper's release: structures, resolutions, parameters). */
export const PUBLISHED_GENETS: readonly PublishedGenet[] = [
  {
    name: 'genet-small',
    structure: `${STEM(13)}SuperResKXKX(13,48,3,2,1,1)SuperResKXKX(48,48,3,2,1,3)SuperResK1KXK1(48,384,3,2,0.25,7)SuperResK1DWK1(384,560,3,2,3,2)SuperResK1DWK1(560,256,3,1,3,1)${HEAD(256, 1920)}`,
    resolution: 192,
    classes: 1000,
    depth: 16,
    paramsMillions: 8.17,
    gigaFlops: 0.547,
  },
  {
    name: 'genet-normal',
    structure: `${STEM(32)}SuperResKXKX(32,128,3,2,1,1)SuperResKXKX(128,192,3,2,1,2)SuperResK1KXK1(192,640,3,2,0.25,6)SuperResK1DWK1(640,640,3,2,3,4)SuperResK1DWK1(640,640,3,1,3,1)${HEAD(640, 2560)}`,
    resolution: 192,
    classes: 1000,
    depth: 16,
    paramsMillions: 21.14,
    gigaFlops: 2.21,
  },
  {
    name: 'genet-large',
    structure: `${STEM(32)}SuperResKXKX(32,128,3,2,1,1)SuperResKXKX(128,192,3,2,1,2)SuperResK1KXK1(192,640,3,2,0.25,6)SuperResK1DWK1(640,640,3,2,3,5)SuperResK1DWK1(640,640,3,1,3,4)${HEAD(640, 2560)}`,
    resolution: 256,
    classes: 1000,
    depth: 20,
    paramsMillions: 31.08,
    gigaFlops: 4.56,
  },
];
