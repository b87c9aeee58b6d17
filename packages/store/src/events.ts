import type { FeedEvent } from '@crucible/contracts';
import { CHANNELS } from './channels.ts';
import type { Database } from './database.ts';
import type { Event, Prisma } from './generated/client.ts';
import type { TeamFilter } from './team-filter.ts';
import { transaction } from './transaction.ts';

/** The change feed. Other parts write events in the transaction of the change; here they get their place. */
export interface Events {
  /**
   * Gives every committed event without a place the next `seq`, in order of commit and without gaps.
   *
   * @returns the newest `seq`, 0 when there are no events
   */
  assignSequence(): Promise<number>;
  /**
   * Events after `seq`, oldest first: of every team, or those of one and those of none.
   *
   * @param topics `jobs`, `workers`, `job:ID`; empty for everything
   */
  after(seq: number, topics: readonly string[], limit: number, team: TeamFilter): Promise<FeedEvent[]>;
  /** The newest `seq`, 0 when there are no events. */
  newest(): Promise<number>;
}

/** Key of the lock that keeps a second writer out, should two processes believe that they lead. */
const SEQUENCE_LOCK = 4_200_001;
const BATCH = 1000;

const JOB_TOPIC = 'job:';

/** Which events a topic covers. */
const topicFilter = (topic: string): Prisma.EventWhereInput => {
  if (topic === 'jobs') return { kind: { in: ['job.submitted', 'job.state'] } };
  if (topic === 'workers') return { kind: 'worker.state' };
  return { jobId: topic.slice(JOB_TOPIC.length) };
};

const toFeedEvent = (row: Event): FeedEvent => ({
  seq: Number(row.seq),
  kind: row.kind as FeedEvent['kind'],
  jobId: row.jobId,
  workerId: row.workerId,
  team: row.teamId,
  state: row.state as FeedEvent['state'],
  version: row.version,
  data: row.data,
  time: row.time.toISOString(),
});

export function createEvents({ pool, prisma }: Database): Events {
  const newest = async (): Promise<number> => {
    const { rows } = await pool.query<{ seq: number }>('select coalesce(max(seq), 0) as seq from event');
    return rows[0]?.seq ?? 0;
  };
  const hasUnplaced = async (): Promise<boolean> => {
    const { rows } = await pool.query<{ exists: boolean }>('select exists (select from event where seq is null)');
    return rows[0]?.exists ?? false;
  };
  /** The lock is taken before the statement that looks, which therefore sees all that another writer did. */
  const placeBatch = (): Promise<void> =>
    transaction(pool, async (client) => {
      await client.query('select pg_advisory_xact_lock($1)', [SEQUENCE_LOCK]);
      await client.query(
        `with placed as (
           update event e set seq = top.seq + next.place
           from (select id, row_number() over (order by id) as place from event where seq is null
                 order by id limit ${BATCH}) next,
             (select coalesce(max(seq), 0) as seq from event) top
           where e.id = next.id
           returning e.seq
         )
         select pg_notify($1, max(seq)::text) from placed having count(*) > 0`,
        [CHANNELS.events],
      );
    });
  return {
    async assignSequence() {
      while (await hasUnplaced()) await placeBatch();
      return newest();
    },
    async after(seq, topics, limit, team) {
      const rows = await prisma.event.findMany({
        where: {
          seq: { gt: seq },
          AND: [
            topics.length === 0 ? {} : { OR: topics.map(topicFilter) },
            team === null ? {} : { OR: [{ teamId: team }, { teamId: null }] },
          ],
        },
        orderBy: { seq: 'asc' },
        take: limit,
      });
      return rows.map(toFeedEvent);
    },
    newest,
  };
}
