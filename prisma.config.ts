import { defineConfig } from 'prisma/config';

// Generating the client reads the schema only; the address is used by commands that reach a database.
const UNUSED = 'postgresql://localhost:5432/crucible';

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  datasource: {
    url: process.env.DATABASE_URL ?? UNUSED,
    // The native engine wants a database of its own to replay migrations in when it looks for drift.
    ...(process.env.SHADOW_DATABASE_URL === undefined ? {} : { shadowDatabaseUrl: process.env.SHADOW_DATABASE_URL }),
  },
});
