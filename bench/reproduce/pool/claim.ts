import type { PairedEffect } from './paired-effect.ts';

/** A statement that a reproduction looks at. */
export interface Claim {
  /** what is claimed, with the criterion: `multi-pass wins: R1 / R8 >= 3 at n <= 800` */
  claim: string;
  /** the paper's figure; null where it gives none */
  paper: string | null;
  /** what came out here */
  ours: string;
  /** null: reported beside the others, decides nothing */
  holds: boolean | null;
}

/** What the jobs of a reproduction showed. */
export interface Findings {
  claims: readonly Claim[];
  /** the effect that stands for the whole */
  effect: PairedEffect;
  /** anything else that a later reader may want, as JSON */
  more?: Readonly<Record<string, unknown>>;
}

export type Verdict = 'confirmed' | 'not confirmed' | 'reported';

export const verdictOf = ({ holds }: Claim): Verdict =>
  holds === null ? 'reported' : holds ? 'confirmed' : 'not confirmed';

/** Confirmed only if something was decided, and every claim that decides holds. */
export function overallVerdict(claims: readonly Claim[]): Exclude<Verdict, 'reported'> {
  const deciding = claims.filter(({ holds }) => holds !== null);
  return deciding.length > 0 && deciding.every(({ holds }) => holds) ? 'confirmed' : 'not confirmed';
}

const HEADS = ['claim', 'paper', 'here', 'verdict'];
/** Widest claim; what is longer goes on in the next line. */
const WIDEST = [64, 28, 44, 14];

/** The claims as a table for people. */
export function claimTable(claims: readonly Claim[]): string {
  const rows = [HEADS, ...claims.map((claim) => [claim.claim, claim.paper ?? '-', claim.ours, verdictOf(claim)])];
  const cells = rows.map((row) => row.map((text, column) => wrapped(text, WIDEST[column] as number)));
  const widths = HEADS.map((_head, column) =>
    Math.max(...cells.flatMap((row) => (row[column] ?? []).map((line) => line.length))),
  );
  return cells
    .flatMap((row) =>
      Array.from({ length: Math.max(...row.map((lines) => lines.length)) }, (_, line) =>
        row
          .map((lines, column) => (lines[line] ?? '').padEnd(widths[column] as number))
          .join('  ')
          .trimEnd(),
      ),
    )
    .join('\n');
}

function wrapped(text: string, width: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines[lines.length - 1] as string;
    if (line === '') lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}

const rounded = (value: number): number => Number(value.toPrecision(6));

/** The last line of a reproduction, for programs. */
export function reportLine(id: string, { claims, effect, more = {} }: Findings, minutes: number): string {
  return JSON.stringify({
    reproduce: id,
    verdict: overallVerdict(claims),
    effect: rounded(effect.mean),
    effectName: effect.name,
    interval: effect.interval?.map(rounded) ?? null,
    seeds: effect.seeds,
    minutes: Number(minutes.toFixed(2)),
    claims: claims.map((claim) => ({
      claim: claim.claim,
      paper: claim.paper,
      ours: claim.ours,
      verdict: verdictOf(claim),
    })),
    ...more,
  });
}
