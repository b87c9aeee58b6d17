import type { Split } from './dataset.ts';

/** A copy of the samples of a split at `places`, in that order. */
export function pick({ images, labels, count }: Split, places: Int32Array): Split {
  const bytes = images.length / count;
  const chosen = new Uint8Array(places.length * bytes);
  places.forEach((place, i) => {
    chosen.set(images.subarray(place * bytes, (place + 1) * bytes), i * bytes);
  });
  return { images: chosen, labels: places.map((place) => labels[place] as number), count: places.length };
}
