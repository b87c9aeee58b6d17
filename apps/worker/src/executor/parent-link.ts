import { type FromChild, fits, ToChild } from '@crucible/contracts';

/** Messages that may be on their way before the child waits for its parent. */
const MAX_IN_FLIGHT = 64;

/** The IPC channel of a child, seen from the child. */
export interface ParentLink {
  send(message: FromChild): void;
  /** Resolves once at most `inFlight` messages have yet to leave this process. */
  drained(inFlight?: number): Promise<void>;
  onMessage(handler: (message: ToChild) => void): void;
}

/** What `process` of a forked child offers. */
export type IpcProcess = Pick<NodeJS.Process, 'send' | 'on' | 'exit'>;

/**
 * Connects to the parent. The child ends when the channel closes: a parent that was killed cannot upload anything,
 * and its successor starts the attempt anew.
 *
 * @throws Error in a process that was not forked
 */
export function connectParent(own: IpcProcess): ParentLink {
  const send = own.send?.bind(own);
  if (send === undefined) throw new Error('this program is started by the worker, with an IPC channel');
  let inFlight = 0;
  const waiting = new Set<{ inFlight: number; resolve: () => void }>();
  own.on('disconnect', () => own.exit(1));
  return {
    send(message) {
      inFlight++;
      send(message, undefined, {}, (error) => {
        if (error !== null) own.exit(1);
        inFlight--;
        for (const waiter of waiting)
          if (inFlight <= waiter.inFlight) {
            waiting.delete(waiter);
            waiter.resolve();
          }
      });
    },
    drained(most = MAX_IN_FLIGHT) {
      if (inFlight <= most) return Promise.resolve();
      return new Promise((resolve) => waiting.add({ inFlight: most, resolve }));
    },
    onMessage(handler) {
      own.on('message', (message) => {
        if (fits(ToChild, message)) handler(message);
        else throw new Error(`the worker sent a message that does not fit: ${JSON.stringify(message)}`);
      });
    },
  };
}
