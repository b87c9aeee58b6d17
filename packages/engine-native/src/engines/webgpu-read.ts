import { type backend_util, type DataType, util } from '@tensorflow/tfjs-core';

/** WebGPU's own numbers for buffer usage and map mode. */
const MAP_READ = 1;
const COPY_DST = 8;
/** Polls without a pause; a small result is there after a few hundred. */
const EAGER_POLLS = 500;
const PAUSE_MS = 0.1;

interface Buffer {
  readonly size: number;
  readonly mapState: 'unmapped' | 'pending' | 'mapped';
  mapAsync(mode: number): Promise<void>;
  getMappedRange(): ArrayBuffer;
  unmap(): void;
}

interface TensorData {
  readonly values: backend_util.BackendValues | null;
  readonly resource?: Buffer | null;
  readonly dtype: DataType;
}

/** The parts of the WebGPU backend of tfjs 4.22 that its own asynchronous read uses. */
export interface ReadableBackend {
  readonly tensorMap: { get(dataId: object): TensorData | undefined };
  readonly bufferManager: {
    acquireBuffer(size: number, usage: number): Buffer;
    releaseBuffer(buffer: Buffer): void;
  };
  readonly commandEncoder: {
    copyBufferToBuffer(from: Buffer, at: number, to: Buffer, at2: number, size: number): void;
  };
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
  convertAndCacheOnCPU(dataId: object, values: backend_util.BackendValues): void;
  readSync(dataId: object): unknown;
}

/**
 * Lets `dataSync` work on WebGPU in Node. The backend itself reads through a canvas of the browser, which Node lacks.
 *
 * As elsewhere it blocks until the GPU is done. A read by `data()` that is still on its way must be awaited first.
 */
export function enableSynchronousReads(backend: ReadableBackend): void {
  const original = backend.readSync.bind(backend);
  backend.readSync = (dataId) => {
    const data = backend.tensorMap.get(dataId);
    // complex numbers are read as two tensors, by this very function
    if (data?.resource == null || data.values != null || data.dtype === 'complex64') return original(dataId);
    const values = util.convertBackendValuesAndArrayBuffer(readBuffer(backend, data.resource), data.dtype);
    backend.convertAndCacheOnCPU(dataId, values);
    return values;
  };
}

function readBuffer(backend: ReadableBackend, source: Buffer): ArrayBuffer {
  const staging = backend.bufferManager.acquireBuffer(source.size, COPY_DST | MAP_READ);
  backend.ensureCommandEncoderReady();
  backend.endComputePassEncoder();
  backend.commandEncoder.copyBufferToBuffer(source, 0, staging, 0, source.size);
  backend.submitQueue();
  mapNow(staging);
  const bytes = staging.getMappedRange().slice(0);
  staging.unmap();
  backend.bufferManager.releaseBuffer(staging);
  return bytes;
}

/**
 * Maps a buffer without a turn of the event loop.
 *
 * Dawn looks for finished work in a callback that it hands to the global `setImmediate`, once for all that is pending.
 * For the length of this call the callback is taken instead, and called until the buffer is mapped.
 */
function mapNow(buffer: Buffer): void {
  const { setImmediate } = globalThis;
  let lookForFinished: (() => void) | undefined;
  const take = (callback: () => void): void => {
    lookForFinished = callback;
  };
  globalThis.setImmediate = take as unknown as typeof setImmediate;
  try {
    buffer.mapAsync(MAP_READ).catch(() => {}); // a failure shows in the state below
    const clock = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    for (let polls = 0; buffer.mapState === 'pending'; polls += 1) {
      if (polls > EAGER_POLLS) Atomics.wait(clock, 0, 0, PAUSE_MS);
      const look = lookForFinished;
      if (look === undefined) {
        throw new Error('webgpu: a read by data() is on its way; await it before a synchronous read');
      }
      lookForFinished = undefined;
      look();
    }
    if (buffer.mapState !== 'mapped') throw new Error('webgpu: a tensor could not be read; the device may be lost');
  } finally {
    globalThis.setImmediate = setImmediate;
    if (lookForFinished !== undefined) setImmediate(lookForFinished);
  }
}
