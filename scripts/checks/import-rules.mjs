/**
 * Who may import what. A file belongs to the first rule whose pattern fits; `workspaces` and `packages` list what it may
 * import besides itself and Node's own modules. Test files may also import what the last part names.
 */
const TFJS_CORE = /^@tensorflow\/tfjs-core(\/|$)/;
const TFJS = /^@tensorflow\//;
const exactly = (...names) => new RegExp(`^(${names.join('|')})(/|$)`);

export const IMPORT_RULES = [
  { files: /^packages\/contracts\//, workspaces: [], packages: [exactly('typebox')] },
  {
    files: /^packages\/store\//,
    workspaces: ['contracts'],
    packages: [exactly('@prisma/client', '@prisma/adapter-pg', 'pg')],
  },
  { files: /^packages\/scheduler\//, workspaces: ['contracts'], packages: [] },
  {
    files: /^packages\/engine-native\//,
    workspaces: [],
    packages: [TFJS_CORE, exactly('@tensorflow/tfjs-backend-cpu', 'node-api-headers')],
  },
  {
    files: /^packages\/methods\//,
    workspaces: ['contracts', 'engine-native/ops'],
    packages: [TFJS_CORE, exactly('sharp')],
  },
  { files: /^packages\/client\//, workspaces: ['contracts'], packages: [] },
  { files: /^packages\/cli\//, workspaces: ['client', 'contracts'], packages: [] },
  {
    files: /^apps\/api\//,
    workspaces: ['contracts', 'scheduler', 'store'],
    packages: [exactly('fastify', 'fastify-plugin', 'typebox', 'bullmq', 'ioredis', 'pino'), /^@fastify\//],
  },
  {
    files: /^apps\/worker\/src\/executor\//,
    workspaces: ['contracts', 'methods', 'engine-native'],
    packages: [TFJS, exactly('pino')],
  },
  {
    files: /^apps\/worker\//,
    workspaces: ['contracts', 'store'],
    packages: [exactly('bullmq', 'ioredis', 'pino', 'typebox')],
  },
  {
    files: /^apps\/dashboard\//,
    workspaces: ['client', 'contracts'],
    packages: [exactly('preact', '@preact/preset-vite', '@preact/signals', 'uplot', 'vite')],
  },
];

/** Beyond the rule of their folder: tests of tensor code load a backend, tests of HTTP code a real server. */
export const TEST_EXTRAS = {
  workspaces: ['engine-native', 'engine-native/ops'],
  packages: [TFJS],
};
