import { closeSync, ftruncateSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { deserialize, serialize } from 'node:v8';
import { crc32 } from 'node:zlib';
import { diskFault } from './disk-fault.ts';
import type { SpoolBudget } from './spool-budget.ts';

/** Items of a stream on their way to the store, oldest first: in memory while they are few, on disk beyond that. */
export interface SpillQueue<T> {
  readonly length: number;
  /** @throws Error when the disk is full or too much waits already */
  push(items: readonly T[]): void;
  /** The oldest items: at least one if there is any, at most `most`. */
  peek(most: number): readonly T[];
  /** Removes the oldest items, as many as `peek` has shown. */
  drop(count: number): void;
  /** Gives up what waits, and the file. */
  close(): void;
}

export interface SpillQueueOptions {
  /** file that holds what does not fit into memory; made when it is first needed */
  path: string;
  budget: SpoolBudget;
  /** items kept in memory at either end @defaultValue 5000 */
  memoryItems?: number;
}

/** A frame is the length and the CRC-32 of its payload, then the payload: a run of items. */
const HEADER_BYTES = 8;

export function createSpillQueue<T>({ path, budget, memoryItems = 5000 }: SpillQueueOptions): SpillQueue<T> {
  let front: T[] = [];
  let back: T[] = [];
  let file: number | null = null;
  let readAt = 0;
  let writtenTo = 0;
  let numOnDisk = 0;

  const spill = (): void => {
    const payload = serialize(back);
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeUInt32LE(payload.byteLength, 0);
    header.writeUInt32LE(crc32(payload), 4);
    try {
      file ??= openSync(path, 'w+');
      writeWhole(file, Buffer.concat([header, payload]), writtenTo);
    } catch (cause) {
      throw new Error(diskFault(path, cause), { cause });
    }
    writtenTo += HEADER_BYTES + payload.byteLength;
    numOnDisk += back.length;
    budget.add(HEADER_BYTES + payload.byteLength);
    back = [];
  };

  /** Brings the oldest frame back into memory. */
  const unspill = (from: number): void => {
    const header = readWhole(from, path, HEADER_BYTES, readAt);
    const payload = readWhole(from, path, header.readUInt32LE(0), readAt + HEADER_BYTES);
    if (crc32(payload) !== header.readUInt32LE(4))
      throw new Error(`${path} is damaged at byte ${readAt}: the disk did not keep what was written`);
    front = deserialize(payload) as T[];
    readAt += HEADER_BYTES + payload.byteLength;
    numOnDisk -= front.length;
    budget.add(-(HEADER_BYTES + payload.byteLength));
    if (numOnDisk > 0) return;
    ftruncateSync(from);
    readAt = 0;
    writtenTo = 0;
  };

  return {
    get length() {
      return front.length + numOnDisk + back.length;
    },
    push(items) {
      if (budget.isExceeded)
        throw new Error(
          `${Math.round(budget.bytes / 2 ** 20)} MiB wait on disk to be stored, which is all that this worker may keep; the store has been away for too long.`,
        );
      const isDirect = numOnDisk === 0 && back.length === 0 && front.length + items.length <= memoryItems;
      (isDirect ? front : back).push(...items);
      if (back.length >= memoryItems) spill();
    },
    peek(most) {
      if (front.length === 0 && numOnDisk > 0 && file !== null) unspill(file);
      if (front.length === 0) {
        front = back;
        back = [];
      }
      return front.slice(0, most);
    },
    drop(count) {
      front = front.slice(count);
    },
    close() {
      if (file !== null) {
        closeSync(file);
        rmSync(path, { force: true });
        budget.add(readAt - writtenTo);
      }
      file = null;
      front = [];
      back = [];
      readAt = 0;
      writtenTo = 0;
      numOnDisk = 0;
    },
  };
}

function writeWhole(file: number, bytes: Buffer, position: number): void {
  for (let done = 0; done < bytes.byteLength; )
    done += writeSync(file, bytes, done, bytes.byteLength - done, position + done);
}

function readWhole(file: number, path: string, length: number, position: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let done = 0; done < length; ) {
    const num = readSync(file, bytes, done, length - done, position + done);
    if (num === 0) throw new Error(`${path} ends at byte ${position + done}, in the middle of a frame`);
    done += num;
  }
  return bytes;
}
