import { once } from 'node:events';

/**
 * @file Form of a back-up, inside gzip: a sequence of frames, each a length of 4 bytes and as many bytes. JSON frames tell
 * what comes; a table's frame is followed by frames of its rows, in the binary form of COPY, up to an empty one.
 */

/** First words of a back-up. */
export const MAGIC = 'crucible backup 1';

/**
 * Writes frames to a stream and waits where it is slower than we.
 *
 * @param {import('node:stream').Writable} stream
 */
export const frameWriter = (stream) => async (content) => {
  const bytes = Buffer.isBuffer(content) ? content : Buffer.from(JSON.stringify(content));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  stream.write(length);
  if (!stream.write(bytes)) await once(stream, 'drain');
};

/**
 * Reads frames from a stream.
 *
 * @param {AsyncIterable<Buffer>} stream
 * @returns {() => Promise<Buffer>} gives the next frame
 * @throws {Error} when the file ends before its end
 */
export function frameReader(stream) {
  const pieces = stream[Symbol.asyncIterator]();
  let rest = Buffer.alloc(0);
  const take = async (length) => {
    const parts = [rest];
    let have = rest.length;
    while (have < length) {
      const { value, done } = await pieces.next();
      if (done) throw new Error('the file ends too early');
      parts.push(value);
      have += value.length;
    }
    const all = parts.length === 1 ? rest : Buffer.concat(parts);
    rest = all.subarray(length);
    return all.subarray(0, length);
  };
  return async () => take((await take(4)).readUInt32BE());
}
