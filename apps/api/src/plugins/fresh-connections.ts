import type { Socket } from 'node:net';
import plugin from 'fastify-plugin';

/**
 * Lets a shutdown not wait for connections over which nothing has been asked yet. Browsers open such in advance, and
 * Node counts them as busy, since their first request may be on its way.
 */
export const freshConnections = plugin(
  async (app) => {
    const fresh = new Set<Socket>();
    let isClosing = false;
    app.server.on('connection', (socket) => {
      if (isClosing) {
        socket.destroy();
        return;
      }
      fresh.add(socket);
      socket.once('close', () => fresh.delete(socket));
    });
    app.server.on('request', (request) => fresh.delete(request.socket));
    app.addHook('preClose', async () => {
      isClosing = true;
      for (const socket of fresh) socket.destroy();
    });
  },
  { name: 'fresh-connections' },
);
