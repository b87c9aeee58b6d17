const TFJS_CORE = /^@tensorflow\/tfjs-core(\/|$)/;
const TFJS = /^@tensorflow\//;
const exactly = (...names) => new RegExp(`^(${names.join('|')})(/|$)`);

/**
 * Who may import what. A file belongs to the first rule of its `folder` whose pattern `only`, if it has one, fits.
 * `workspaces` and `packages` list what it may import besides its own workspace's files and Node's modules.
 */
export const IMPORT_RULES = [
  { folder: 'packages/contracts', workspaces: [], packages: [exactly('typebox')] },
  {
    folder: 'packages/store',
    workspaces: ['contracts'],
    packages: [exactly('@prisma/client', '@prisma/adapter-pg', 'pg')],
  },
  {
    folder: 'packages/telemetry',
    workspaces: [],
    packages: [exactly('prom-client'), /^@opentelemetry\//],
  },
  { folder: 'packages/scheduler', workspaces: ['contracts'], packages: [] },
  {
    // These load whole engines; kernels and ops see the core alone.
    folder: 'packages/engine-native',
    only: /\/src\/(engine|engines\/[^/]+)\.ts$/,
    workspaces: [],
    packages: [TFJS, exactly('webgpu')],
  },
  {
    folder: 'packages/engine-native',
    workspaces: [],
    packages: [TFJS_CORE, exactly('@tensorflow/tfjs-backend-cpu', 'node-api-headers')],
  },
  {
    folder: 'packages/methods',
    workspaces: ['contracts', 'engine-native/ops'],
    packages: [TFJS_CORE, exactly('sharp'), exactly('ml-matrix')],
  },
  { folder: 'packages/client', workspaces: ['contracts'], packages: [] },
  { folder: 'packages/cli', workspaces: ['client', 'contracts'], packages: [] },
  {
    folder: 'apps/api',
    workspaces: ['contracts', 'scheduler', 'store', 'telemetry'],
    packages: [exactly('fastify', 'fastify-plugin', 'typebox', 'bullmq', 'ioredis', 'pino'), /^@fastify\//],
  },
  {
    // The child alone computes; its parent holds leases and rows.
    folder: 'apps/worker',
    only: /^apps\/worker\/src\/executor\//,
    workspaces: ['contracts', 'methods', 'engine-native'],
    packages: [TFJS, exactly('pino')],
  },
  {
    folder: 'apps/worker',
    workspaces: ['contracts', 'store', 'telemetry'],
    packages: [exactly('bullmq', 'ioredis', 'pino', 'typebox')],
  },
  {
    folder: 'apps/dashboard',
    workspaces: ['client', 'contracts'],
    packages: [exactly('preact', '@preact/preset-vite', '@preact/signals', 'uplot', 'vite')],
  },
];

/** What tests may import beyond the rule of their folder: tests of tensor code load a whole engine. */
export const TEST_EXTRAS = {
  workspaces: ['engine-native', 'engine-native/ops'],
  packages: [TFJS],
};
