const shared = new WeakMap<Uint8Array, Uint8Array>();

/** The same bytes in memory that threads can share; copied at most once. */
export function shareImages(images: Uint8Array): Uint8Array {
  if (images.buffer instanceof SharedArrayBuffer) return images;
  let copy = shared.get(images);
  if (copy === undefined) {
    copy = new Uint8Array(new SharedArrayBuffer(images.length));
    copy.set(images);
    shared.set(images, copy);
  }
  return copy;
}
