import assert from 'node:assert/strict';
import fs from 'node:fs';
import { describe, it } from 'node:test';
import { METRICS } from '../packages/telemetry/src/metric-table.ts';
import { inProject } from './lib/project.mjs';

const read = (file) => fs.readFileSync(inProject(file), 'utf8');
const page = read('docs/operations.md');
const rules = read('deploy/prometheus-alerts.yml');

/** Series that Prometheus makes of a metric. */
const seriesOf = (name) =>
  METRICS[name].kind === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => name + end) : [name];

/** Alerts of the rules file; its form is so simple that each member has a line of its own. */
const alerts = rules
  .split(/^ {6}- alert: /m)
  .slice(1)
  .map((text) => ({ name: text.split('\n')[0], expr: /^ {8}expr: (.+)$/m.exec(text)?.[1] ?? '', text }));

describe('docs/operations.md', () => {
  it('lists every metric with its kind, labels and meaning, and no other', () => {
    const rows = page.split('\n').filter((line) => line.startsWith('| `crucible_'));
    const wanted = Object.entries(METRICS).map(
      ([name, { kind, by, labels, help }]) =>
        `| \`${name}\` | ${kind} | ${by.join(', ')} | ${labels.join(', ')} | ${help} |`,
    );
    assert.deepEqual(rows, wanted);
  });
});

describe('deploy/prometheus-alerts.yml', () => {
  it('holds an alert for each thing that must not go unnoticed', () => {
    assert.deepEqual(
      alerts.map(({ name }) => name),
      [
        'CrucibleNoLeader',
        'CrucibleMetricsAbsent',
        'CrucibleOutboxLag',
        'CrucibleQueueStuck',
        'CrucibleLeasesExpire',
        'CrucibleSlotBad',
        'CrucibleIngestLag',
        'CrucibleCheckpointBytes',
        'CrucibleRedisFull',
        'CrucibleLongTransaction',
        'CrucibleVacuumBehind',
        'CrucibleKeyExpires',
      ],
    );
  });

  it('asks only for series and labels that exist', () => {
    const known = new Map(
      Object.keys(METRICS).flatMap((name) => seriesOf(name).map((series) => [series, METRICS[name]])),
    );
    for (const { name, expr } of alerts) {
      const asked = [...expr.matchAll(/(crucible_\w+)(?:\{([^}]*)\})?/g)];
      assert.ok(asked.length > 0, name);
      for (const [, series, selector = ''] of asked) {
        const metric = known.get(series);
        assert.ok(metric !== undefined, `${name}: ${series}`);
        for (const [, label] of selector.matchAll(/(\w+)=/g))
          assert.ok(metric.labels.includes(label), `${name}: ${label}`);
      }
    }
  });

  it('is well-formed: each alert has one balanced expression, a severity, a summary, and a duration if any', () => {
    assert.doesNotMatch(rules, /\t/);
    for (const { name, expr, text } of alerts) {
      for (const [open, close] of ['()', '{}', '[]'])
        assert.equal(expr.split(open).length, expr.split(close).length, name);
      assert.equal(expr.split('"').length % 2, 1, name);
      assert.match(text, /^ {8}labels: \{ severity: (page|ticket) \}$/m, name);
      assert.match(text, /^ {8}annotations:\n {10}summary: [A-Z`].+\.$/m, name);
      for (const [, duration] of text.matchAll(/^ {8}for: (.+)$/gm)) assert.match(duration, /^\d+[smh]$/, name);
      for (const line of text.split('\n').slice(1))
        assert.match(line, /^$|^ {8}(expr|for|labels|annotations):|^ {10}summary: /, `${name}: ${line}`);
    }
  });
});
