/** A batch that a thread is asked for. */
export interface BatchRequest {
  /** names the request in the answer */
  id: number;
  epoch: number;
  samples: Int32Array;
  /** shared memory to write to */
  out: Float32Array;
}

/** Its answer: the batch is written, or why it is not. */
export interface BatchAnswer {
  id: number;
  error: Error | null;
}
