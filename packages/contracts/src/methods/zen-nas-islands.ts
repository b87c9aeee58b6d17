import { type Static, Type } from 'typebox';
import type { Fault } from '../errors.ts';
import { MAX_JOBS_PER_BATCH } from '../job.ts';
import type { CutJob, JobPart } from '../job-part.ts';
import { Reference } from '../reference.ts';
import type { ZenNasConfig } from './zen-nas-config.ts';

const closed = { additionalProperties: false } as const;
const Index = (description: string) => Type.Integer({ minimum: 0, description });

/** File that every search leaves, and that an island reads of itself and of its neighbour. */
export const SEARCH_FILE = 'search.json';

/** What one job does of a search on islands. */
const IslandPart = Type.Union(
  [
    Type.Object(
      {
        kind: Type.Literal('round'),
        island: Index('from 0'),
        round: Index('from 0'),
        from: Type.Optional(
          Type.Object(
            { own: Reference, neighbor: Reference },
            { ...closed, description: 'the round before: of this island, and of the one whose best come over' },
          ),
        ),
      },
      { ...closed, title: 'one round of one island' },
    ),
    Type.Object(
      { kind: Type.Literal('join'), islands: Type.Array(Reference, { description: 'last rounds, by island' }) },
      { ...closed, title: 'the end: islands become one population' },
    ),
  ],
  { description: 'what this job does of the whole; written by the service when it cuts a search into jobs' },
);

/** A search by several populations, each a chain of jobs on the pool, whose best members visit the next one. */
export const Islands = Type.Object(
  {
    count: Type.Integer({
      minimum: 1,
      maximum: 64,
      default: 1,
      description:
        'populations that are searched side by side, each with all of `search`, as jobs of their own; 1: one search in one job',
    }),
    migrateEvery: Type.Integer({
      minimum: 1,
      maximum: 10_000_000,
      default: 1000,
      description: 'iterations of an island, and of one of its jobs, between two migrations',
    }),
    migrants: Type.Integer({
      minimum: 0,
      maximum: 4096,
      default: 4,
      description: 'best members of an island that are copied to the next one, the last one to the first',
    }),
    part: Type.Optional(IslandPart),
  },
  { ...closed, default: {} },
);
export type Islands = Static<typeof Islands>;
export type IslandRound = Extract<NonNullable<Islands['part']>, { kind: 'round' }>;

type Search = Pick<ZenNasConfig, 'search'>['search'];

/** Jobs that each island is cut into; the last one may be shorter. */
const roundsOf = ({ iterations, islands }: Search): number => Math.ceil(iterations / islands.migrateEvery);

/** What the schema of `search.islands` cannot say. */
export function islandFaults({ search, structure }: ZenNasConfig): Fault[] {
  const { count, migrants, part } = search.islands;
  const at = '/search/islands';
  const faults: Fault[] = [];
  const fault = (key: string, message: string) => faults.push({ pointer: `${at}/${key}`, message });
  if (count === 1) {
    if (part?.kind === 'round') fault('part', 'must be absent where count is 1');
    return faults;
  }
  const rounds = roundsOf(search);
  const numParts = count * rounds;
  if (structure !== null) fault('count', 'must be 1 where a structure is given: there is nothing to search');
  if (migrants > search.population) fault('migrants', 'must be at most population');
  if (numParts >= MAX_JOBS_PER_BATCH) {
    const least = Math.ceil(search.iterations / Math.floor((MAX_JOBS_PER_BATCH - 1) / count));
    fault('migrateEvery', `cuts the search into ${numParts} jobs, at most ${MAX_JOBS_PER_BATCH - 1}: from ${least} on`);
  }
  if (part?.kind !== 'round') return faults;
  if (part.island >= count) fault('part/island', `must be less than count, which is ${count}`);
  if (part.round >= rounds) fault('part/round', `must be less than ${rounds}, which is iterations / migrateEvery`);
  if (part.round > 0 && part.from === undefined) fault('part/from', 'is required after round 0');
  if (part.round === 0 && part.from !== undefined) fault('part/from', 'must be absent in round 0');
  return faults;
}

const refOf = (island: number, round: number): string => `island-${island}-round-${round}`;

/**
 * The jobs of a search on islands: one per island and round, each of which reads the round before of its own island and of
 * its neighbor, so that none ever waits while it runs; the job itself joins the last rounds. Null: the job runs as one.
 */
export function cutIntoIslands(config: ZenNasConfig): CutJob | null {
  const { part, ...islands } = config.search.islands;
  const { count } = islands;
  if (part?.kind === 'round') return null;
  const withPart = (mine: Pick<Islands, 'part'>): ZenNasConfig => ({
    ...config,
    search: { ...config.search, islands: { ...islands, ...mine } },
  });
  // a fork of a search that was cut may be one that is not
  if (count === 1) return part === undefined ? null : { parts: [], config: withPart({}) };
  const rounds = roundsOf(config.search);
  const fileOf = (island: number, round: number): Reference => ({
    fromJob: refOf(island, round),
    artifact: SEARCH_FILE,
  });
  const parts: JobPart[] = [];
  for (let round = 0; round < rounds; round++)
    for (let island = 0; island < count; island++) {
      const neighbor = (island + count - 1) % count;
      const from =
        round === 0 ? {} : { from: { own: fileOf(island, round - 1), neighbor: fileOf(neighbor, round - 1) } };
      parts.push({
        ref: refOf(island, round),
        name: `island ${island + 1} of ${count}, round ${round + 1} of ${rounds}`,
        config: withPart({ part: { kind: 'round', island, round, ...from } }),
      });
    }
  const ends = Array.from({ length: count }, (_, island) => fileOf(island, rounds - 1));
  return { parts, config: withPart({ part: { kind: 'join', islands: ends } }) };
}
