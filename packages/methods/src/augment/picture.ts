/** One image on the host. Operations give a new picture or the very one they got; they never write into it. */
export interface Picture {
  /** `[height, width, channels]`, 0..255 */
  pixels: Uint8Array;
  height: number;
  width: number;
  /** 1 or 3 (red, green, blue) */
  channels: number;
}

/** The nearest byte: rounded half up, cut at 0 and 255. */
export const toByte = (value: number): number => (value <= 0 ? 0 : value >= 255 ? 255 : (value + 0.5) | 0);

/** Every byte replaced by its entry of a table of its channel. */
export function lookUp(picture: Picture, tables: readonly Uint8Array[]): Picture {
  const { channels } = picture;
  const pixels = new Uint8Array(picture.pixels.length);
  for (let c = 0; c < channels; c++) {
    const table = tables[c % tables.length] as Uint8Array;
    for (let i = c; i < pixels.length; i += channels) pixels[i] = table[picture.pixels[i] as number] as number;
  }
  return { ...picture, pixels };
}

/** A table of 256 bytes from a rule. */
export const byteTable = (rule: (byte: number) => number): Uint8Array =>
  Uint8Array.from({ length: 256 }, (_, byte) => toByte(rule(byte)));
