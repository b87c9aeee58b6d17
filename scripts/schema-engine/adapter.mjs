import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import pg from 'pg';
import { connectionTo } from './connection.mjs';

/** Postgres's internal one-byte type `"char"`, which the adapter cannot decode though introspection reads it. */
const CHAR_OID = 18;
const TEXT_OID = 25;
/** `ColumnTypeEnum.Character` of the adapter. */
const CHARACTER_COLUMN = 6;

/** Pool that hands `"char"` columns on as text and notes which ones they were. */
class CharAwarePool extends pg.Pool {
  constructor(settings) {
    super(settings);
    this.on('error', () => {}); // dropping the shadow database ends idle connections
  }

  async query(...args) {
    const result = await super.query(...args);
    const columns = [];
    (result?.fields ?? []).forEach((field, index) => {
      if (field.dataTypeID !== CHAR_OID) return;
      field.dataTypeID = TEXT_OID;
      columns.push(index);
    });
    if (columns.length > 0) Object.defineProperty(result.rows, 'charColumns', { value: columns });
    return result;
  }
}

/** Gives the columns that the pool noted the type that the engine expects of them. */
function withCharColumns(adapter) {
  const queryRaw = adapter.queryRaw.bind(adapter);
  adapter.queryRaw = async (query) => {
    const result = await queryRaw(query);
    for (const index of result.rows.charColumns ?? []) result.columnTypes[index] = CHARACTER_COLUMN;
    return result;
  };
  return adapter;
}

/**
 * Sends a script whole, as Prisma's native engine does: the adapter cuts it at every semicolon, also at those inside
 * comments and function bodies. All of it succeeds or none.
 */
function withWholeScripts(adapter) {
  adapter.executeScript = async (script) => {
    try {
      await adapter.underlyingDriver().query(script);
    } catch (error) {
      adapter.onError(error);
    }
  };
  return adapter;
}

/** Makes an empty database and connects to it; `dispose` closes its pool before it drops it, which Prisma's does not. */
async function connectShadow(databaseUrl) {
  const database = `prisma_migrate_shadow_db_${crypto.randomUUID()}`;
  const admin = new pg.Client(connectionTo(databaseUrl));
  await admin.connect();
  await admin.query(`CREATE DATABASE "${database}"`);
  const pool = new CharAwarePool(connectionTo(databaseUrl, database));
  const adapter = withWholeScripts(withCharColumns(await new PrismaPg(pool, { disposeExternalPool: false }).connect()));
  const dispose = adapter.dispose.bind(adapter);
  adapter.dispose = async () => {
    await dispose();
    await pool.end();
    await admin.query(`DROP DATABASE IF EXISTS "${database}" WITH (FORCE)`);
    await admin.end();
  };
  return adapter;
}

/**
 * What the engine talks to Postgres through.
 *
 * @param {string} databaseUrl
 */
export function adapterFactory(databaseUrl) {
  const factory = new PrismaPg(new CharAwarePool(connectionTo(databaseUrl)), { disposeExternalPool: true });
  const connect = factory.connect.bind(factory);
  factory.connect = async () => withWholeScripts(withCharColumns(await connect()));
  factory.connectToShadowDb = () => connectShadow(databaseUrl);
  return bindMigrationAwareSqlAdapterFactory(factory);
}
