import { type CheckpointManifest, CrucibleError } from '@crucible/contracts';
import type pg from 'pg';
import { appendEvent } from './append-event.ts';
import { removeUnkept } from './checkpoint-keep.ts';
import { assertComplete, bytesOf, chunksOf, rootOf } from './checkpoint-manifest.ts';
import { holdChunks, nameChunks, touchChunks } from './chunks.ts';
import { type AttemptFence, type FencedAttempt, holdFence } from './fence.ts';
import { requiredJson } from './stored-text.ts';
import { uuidV7 } from './uuid-v7.ts';

/** See {@link Checkpoints.begin}. */
export async function beginCheckpoint(
  client: pg.PoolClient,
  attempt: AttemptFence,
  manifest: CheckpointManifest,
): Promise<{ checkpointId: string; missing: string[] }> {
  const owner = await holdFence(client, attempt);
  const root = rootOf(manifest);
  const hashes = chunksOf(manifest);
  const checkpointId =
    (await unfinishedUpload(client, attempt, root)) ?? (await announce(client, attempt, owner, manifest, root, hashes));
  return { checkpointId, missing: await touchChunks(client, hashes) };
}

/** The upload that a repeated call had begun. */
async function unfinishedUpload(client: pg.PoolClient, attempt: AttemptFence, root: string): Promise<string | null> {
  const { rows } = await client.query<{ id: string }>(
    `select id from checkpoint where attempt_id = $1 and state = 'uploading' and root_sha256 = $2`,
    [attempt.attemptId, root],
  );
  return rows[0]?.id ?? null;
}

async function announce(
  client: pg.PoolClient,
  attempt: AttemptFence,
  owner: FencedAttempt,
  manifest: CheckpointManifest,
  root: string,
  hashes: readonly string[],
): Promise<string> {
  const checkpointId = uuidV7();
  await client.query(
    `insert into checkpoint (id, job_id, attempt_id, attempt, step, manifest, root_sha256, bytes, tensors)
     values ($1, $2, $3, $4, $5, $6::json, $7, $8, $9)`,
    [
      checkpointId,
      owner.jobId,
      attempt.attemptId,
      owner.number,
      manifest.step,
      requiredJson(manifest),
      root,
      bytesOf(manifest),
      manifest.tensors.length,
    ],
  );
  await nameChunks(client, { checkpointId }, hashes);
  return checkpointId;
}

/** See {@link Checkpoints.commit}. */
export async function commitCheckpoint(
  client: pg.PoolClient,
  attempt: AttemptFence,
  checkpointId: string,
): Promise<void> {
  const { jobId } = await holdFence(client, attempt);
  const { rows } = await client.query<{ state: string; manifest: CheckpointManifest }>(
    'select state, manifest from checkpoint where id = $1 and attempt_id = $2 for no key update',
    [checkpointId, attempt.attemptId],
  );
  const [checkpoint] = rows;
  if (checkpoint?.state === 'committed') return;
  if (checkpoint?.state !== 'uploading')
    throw new CrucibleError('not-found', `There is no upload ${checkpointId} of this attempt; begin it again.`);
  assertComplete(checkpoint.manifest, await holdChunks(client, chunksOf(checkpoint.manifest)));
  await client.query(`update checkpoint set state = 'committed', committed_at = clock_timestamp() where id = $1`, [
    checkpointId,
  ]);
  const removed = await removeUnkept(client, jobId);
  await abandonOvertaken(client, attempt, checkpointId);
  const { step } = checkpoint.manifest;
  await appendEvent(client, { kind: 'checkpoint.committed', jobId, data: { checkpointId, step, removed } });
}

/** Gives up uploads of the same attempt that the committed one overtook. */
async function abandonOvertaken(client: pg.PoolClient, attempt: AttemptFence, checkpointId: string): Promise<void> {
  await client.query(
    `with overtaken as (
       update checkpoint set state = 'abandoned' where attempt_id = $1 and state = 'uploading' and id < $2 returning id
     )
     delete from checkpoint_chunk where checkpoint_id in (select id from overtaken)`,
    [attempt.attemptId, checkpointId],
  );
}
