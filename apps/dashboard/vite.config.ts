import preact from '@preact/preset-vite';
import { defineConfig } from 'vite';

// Relative addresses, so that the files work below any path. The API serves them and the routes live in the hash.
export default defineConfig({
  base: './',
  plugins: [preact()],
  resolve: { conditions: ['development', 'module', 'browser'] },
  build: {
    target: 'es2022',
    rolldownOptions: {
      // The schemas of the contracts are built by calls, which a bundler must take for side effects unless told.
      treeshake: { moduleSideEffects: (id) => !/(packages\/(contracts|client)|node_modules\/typebox)\//.test(id) },
    },
  },
});
