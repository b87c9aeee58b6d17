/**
 * Connection settings in single fields. A connection string is never passed on: with one, the driver ignores a
 * separate database name, and the shadow database's connections would go to the real one.
 *
 * @param {string} databaseUrl
 * @param {string} [database] other than the address's own
 */
export function connectionTo(databaseUrl, database) {
  const url = new URL(databaseUrl);
  return {
    host: url.hostname,
    port: Number(url.port || 5432),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database: database ?? decodeURIComponent(url.pathname.slice(1)),
    ...(url.searchParams.get('sslmode') === 'require' ? { ssl: {} } : {}),
  };
}
