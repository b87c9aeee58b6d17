import { LEASE_SECONDS } from '@crucible/contracts';

/** How long an attempt owns its job after a heartbeat, as SQL. Leases run by the database's clock alone. */
export const LEASE = `interval '${LEASE_SECONDS} seconds'`;
