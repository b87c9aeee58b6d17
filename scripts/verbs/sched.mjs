import fs from 'node:fs';
import { buildServices } from '../lib/build.mjs';
import { Failure } from '../lib/failure.mjs';
import { inProject } from '../lib/project.mjs';

/** The recorded pass in a file. @throws {Failure} when it is none */
function readPass(file) {
  let document;
  try {
    document = JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Failure(`${file}: ${error.message}`);
  }
  const missing = ['now', 'policy', 'snapshot', 'plan'].filter((key) => document?.[key] === undefined);
  if (missing.length === 0) return document;
  throw new Failure(
    `${file} is no recorded pass: it has no ${missing.join(', ')}. Get one from GET /v1/scheduling-passes/ID.`,
  );
}

/** Prints rows in columns; the last one is left as long as it is. */
function printTable(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => String(row[column]).length)));
  for (const row of rows) {
    const cells = row.map((cell, column) => (column === row.length - 1 ? cell : String(cell).padEnd(widths[column])));
    console.log(cells.join('  ').trimEnd());
  }
}

/**
 * `sched replay FILE [--json]`: plans a recorded pass again and says, job by job, what was decided and why.
 *
 * @param {string[]} args
 * @returns {Promise<number>} exit code: 1 when the plan comes out otherwise than it was recorded
 */
export async function sched(args) {
  const isJson = args.includes('--json');
  const [action, file, ...rest] = args.filter((word) => word !== '--json');
  if (action !== 'replay' || file === undefined || rest.length > 0)
    throw new Failure('usage: ./crucible sched replay FILE [--json]');
  const pass = readPass(file);
  await buildServices();
  const { replay } = await import(inProject('packages/scheduler/dist/index.js'));
  const result = replay(pass);
  if (isJson) {
    console.log(JSON.stringify(result));
    return result.isSame ? 0 : 1;
  }
  console.log(`Pass of ${new Date(result.now).toISOString()}\n`);
  const standings = result.standings.map(({ team, weight, heldSlots, share }) => [
    team,
    weight,
    heldSlots,
    share.toFixed(0),
  ]);
  printTable([['team', 'weight', 'slots held', 'share (smallest first)'], ...standings]);
  console.log('');
  const jobs = result.jobs.map(({ jobId, team, tier, decision, why }) => [jobId, team, tier, decision, why]);
  printTable([['job', 'team', 'tier', 'decision', 'why'], ...jobs]);
  console.log(
    result.isSame
      ? '\nThe plan is the recorded one.'
      : '\nTHE PLAN DIFFERS from the recorded one: the code has changed since.',
  );
  return result.isSame ? 0 : 1;
}
