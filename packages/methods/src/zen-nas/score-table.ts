import { type ProxyName, parseStructure, superBlocks, type ZenNasConfig } from '@crucible/contracts';
import { candidateCost } from './candidate-cost.ts';
import { type StageShape, stageShapes } from './stage-shapes.ts';

/** A figure of a structure over its draws; all null when one of them is not a finite number. */
interface Figure {
  mean: number | null;
  /** with n - 1 in the denominator; 0 for a single draw */
  sd: number | null;
  /** half of the 95 % interval of the mean, 1.96 sd / sqrt(n) */
  halfWidth: number | null;
}

/** All that is told of one structure. */
export interface ScoredStructure {
  structure: string;
  depth: number;
  exact: { params: number; flops: number };
  repo: { params: number; flops: number };
  figures: Partial<Record<ProxyName, Figure>>;
  stages: StageShape[];
}

const Z_975 = 1.96;

function figureOf(values: readonly (number | null)[]): Figure {
  const n = values.length;
  const sum = values.reduce<number | null>((all, value) => (all === null || value === null ? null : all + value), 0);
  if (sum === null) return { mean: null, sd: null, halfWidth: null };
  const mean = sum / n;
  const squares = values.reduce<number>((all, value) => all + ((value ?? mean) - mean) ** 2, 0);
  const sd = n === 1 ? 0 : Math.sqrt(squares / (n - 1));
  return { mean, sd, halfWidth: (Z_975 * sd) / Math.sqrt(n) };
}

/**
 * The table of a finished scoring, a row per structure in the order of the config.
 *
 * @param values of each structure, of each proxy, of each repeat; null for one that is not finite
 */
export function scoreTable(
  { structures, proxies, repeats, resolution, classes }: ZenNasConfig['scoring'],
  values: readonly (number | null)[],
): ScoredStructure[] {
  return structures.map((structure, s) => {
    const blocks = superBlocks(parseStructure(structure));
    const [exact, repo] = (['exact', 'repo'] as const).map((counter) =>
      candidateCost(blocks, counter, { resolution, classes }),
    );
    if (exact === undefined || repo === undefined) throw new Error('there are two counters');
    const figures = proxies.map((proxy, p) => {
      const first = (s * proxies.length + p) * repeats;
      return [proxy, figureOf(values.slice(first, first + repeats))];
    });
    return {
      structure,
      depth: exact.depth,
      exact: { params: exact.params, flops: exact.flops },
      repo: { params: repo.params, flops: repo.flops },
      figures: Object.fromEntries(figures),
      stages: stageShapes(blocks, resolution),
    };
  });
}

/** The table with what it was made by, as JSON. */
export function scoresJson({ score, scoring }: ZenNasConfig, rows: readonly ScoredStructure[]): string {
  const { mode, alpha, batchSize } = score;
  const { repeats, resolution, classes } = scoring;
  return `${JSON.stringify({ mode, alpha, batchSize, repeats, resolution, classes, structures: rows }, null, 2)}\n`;
}

const CSV_COLUMNS = 'structure,proxy,mean,sd,half_width,depth,exact_params,exact_flops,repo_params,repo_flops' as const;

/** A line per structure and proxy. */
export function scoresCsv(rows: readonly ScoredStructure[]): string {
  const lines = rows.flatMap(({ structure, depth, exact, repo, figures }) =>
    Object.entries(figures).map(([proxy, { mean, sd, halfWidth }]) =>
      [
        `"${structure}"`,
        proxy,
        mean ?? '',
        sd ?? '',
        halfWidth ?? '',
        depth,
        exact.params,
        exact.flops,
        repo.params,
        repo.flops,
      ].join(','),
    ),
  );
  return `${[CSV_COLUMNS, ...lines].join('\n')}\n`;
}
