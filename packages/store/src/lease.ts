/**
 * How long an attempt owns its job after a heartbeat, as SQL. Leases run by the database's clock alone.
 *
 * @param seconds may be a fraction
 */
export const leaseOf = (seconds: number): string => `interval '${Number(seconds)} seconds'`;
