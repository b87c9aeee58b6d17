import { connect, createServer, type Server, type Socket } from 'node:net';

/** A door to a real server that can be shut: to everyone behind it the server is away. */
export interface TcpGate {
  readonly port: number;
  /** Cuts every connection and refuses new ones. */
  shut(): Promise<void>;
  /** Lets connections through again, on the same port. */
  open(): Promise<void>;
  /** Swallows what is sent, in both directions, and answers nobody: as a network that loses every packet does. */
  freeze(): void;
  /** Passes on what was held up. */
  thaw(): void;
}

const listening = (server: Server, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });

/** Opens a gate before `host:port`. */
export async function openTcpGate(host: string, port: number): Promise<TcpGate> {
  const sockets = new Set<Socket>();
  let isFrozen = false;
  let heldUp: (() => void)[] = [];
  /** Does it now, or in its turn once the gate is thawed. */
  const whenThawed = (action: () => void): void => {
    if (isFrozen) heldUp.push(action);
    else action();
  };
  const passOn = (from: Socket, to: Socket): void => {
    from.on('data', (bytes) => whenThawed(() => void to.write(bytes)));
    from.on('end', () => whenThawed(() => to.end()));
  };
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  };
  const pass = (inner: Socket): void => {
    keep(inner);
    whenThawed(() => {
      if (inner.destroyed) return;
      const outer = connect(port, host);
      keep(outer);
      inner.on('close', () => whenThawed(() => outer.destroy()));
      outer.on('close', () => whenThawed(() => inner.destroy()));
      passOn(inner, outer);
      passOn(outer, inner);
    });
  };
  const serve = () => createServer({ allowHalfOpen: true }, pass);
  let server = serve();
  const ownPort = await listening(server, 0);
  const thaw = (): void => {
    isFrozen = false;
    for (const action of heldUp.splice(0)) action();
  };
  return {
    port: ownPort,
    shut: () =>
      new Promise((resolve) => {
        isFrozen = false;
        heldUp = [];
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
    open: async () => {
      server = serve();
      await listening(server, ownPort);
    },
    freeze: () => {
      isFrozen = true;
    },
    thaw,
  };
}
