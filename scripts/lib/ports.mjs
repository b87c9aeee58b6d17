import net from 'node:net';

/**
 * Asks the kernel for a TCP port that is free on the loopback interface now. Another process may take it before it is
 * used, so whoever starts a server on it retries when the address is in use.
 *
 * @returns {Promise<number>}
 */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Number of ports that are tried before a server that finds its address in use is given up. */
export const PORT_ATTEMPTS = 5;
