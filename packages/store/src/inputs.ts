import { mapReferences, type Reference, referencesIn } from '@crucible/contracts';
import type { Queryable } from './database.ts';
import { requiredJson } from './stored-text.ts';

/** Hash of the bytes that a reference of a team's job names now; null when there are none. */
export async function hashOf(client: Queryable, teamId: string, reference: Reference): Promise<string | null> {
  const [sql, values] =
    'fromJob' in reference
      ? [
          `select a.sha256 from artifact a join job j on j.id = a.job_id
           where a.job_id = $2 and a.name = $3 and j.team_id = $1`,
          [reference.fromJob, reference.artifact],
        ]
      : 'fromCheckpoint' in reference
        ? [
            `select c.root_sha256 as sha256 from checkpoint c join job j on j.id = c.job_id
             where c.id = $2 and c.state = 'committed' and j.team_id = $1`,
            [reference.fromCheckpoint],
          ]
        : [
            `select a.sha256 from artifact a join job j on j.id = a.job_id
             where a.sha256 = $2 and j.team_id = $1 limit 1`,
            [reference.fromArtifact],
          ];
  const { rows } = await client.query<{ sha256: string }>(sql, [teamId, ...values]);
  return rows[0]?.sha256 ?? null;
}

/**
 * Gives every reference of a job's config the hash of its bytes, once all that it needs has ended. The hash stays:
 * every attempt reads the same bytes.
 *
 * @returns what is missing, in a sentence; null when the config is whole
 */
export async function fillInputs(client: Queryable, jobId: string): Promise<string | null> {
  const { rows } = await client.query<{ config: unknown; team_id: string }>(
    'select config, team_id from job where id = $1',
    [jobId],
  );
  const [job] = rows;
  if (job === undefined) throw new Error(`there is no job ${jobId}`);
  const open = referencesIn(job.config).filter(({ reference }) => reference.sha256 === undefined);
  if (open.length === 0) return null;
  const hashes = new Map<string, string>();
  for (const { pointer, reference } of open) {
    const sha256 = await hashOf(client, job.team_id, reference);
    if (sha256 === null) return `${sourceOf(reference)} is not there, and /config${pointer} needs it.`;
    hashes.set(pointer, sha256);
  }
  const config = mapReferences(job.config, (reference, pointer) => {
    const sha256 = hashes.get(pointer);
    return sha256 === undefined ? reference : { ...reference, sha256 };
  });
  await client.query('update job set config = $2::jsonb where id = $1', [jobId, requiredJson(config)]);
  return null;
}

/** What a reference names, for people. */
export const sourceOf = (reference: Reference): string =>
  'fromJob' in reference
    ? `Artifact ${reference.artifact} of job ${reference.fromJob}`
    : 'fromCheckpoint' in reference
      ? `Checkpoint ${reference.fromCheckpoint}`
      : `An artifact with the hash ${reference.fromArtifact}`;
