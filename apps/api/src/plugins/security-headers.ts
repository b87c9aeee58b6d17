import helmet from '@fastify/helmet';
import plugin from 'fastify-plugin';

/**
 * Headers that keep a browser in bounds. The dashboard and the API browser load everything from here; styles may be
 * inline since charts set them. No forced HTTPS: that is the business of the proxy in front.
 */
export const securityHeaders = plugin(
  async (app) => {
    await app.register(helmet, {
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          defaultSrc: ["'self'"],
          baseUri: ["'self'"],
          connectSrc: ["'self'"],
          fontSrc: ["'self'", 'data:'],
          formAction: ["'self'"],
          frameAncestors: ["'none'"],
          imgSrc: ["'self'", 'data:', 'blob:'],
          objectSrc: ["'none'"],
          scriptSrc: ["'self'"],
          styleSrc: ["'self'", "'unsafe-inline'"],
        },
      },
      strictTransportSecurity: false,
    });
  },
  { name: 'security-headers' },
);
