// Mocha's spec output, and the counts, skips and failures as JSON in the file that NETLANE_REPORT names.
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import mocha from 'mocha';

const graceful = 10_000 * Number(process.env.NETLANE_TIME_FACTOR ?? '1');

export default class Reporter extends mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const report = { passed: 0, failed: 0, pending: [], skips: [], failures: [], ended: false };
    const write = () => {
      report.skips = globalThis[Symbol.for('netlane.skips')] ?? [];
      if (process.env.NETLANE_REPORT !== undefined) writeFileSync(process.env.NETLANE_REPORT, JSON.stringify(report));
    };
    runner.on('pass', () => (report.passed += 1));
    runner.on('pending', (test) => report.pending.push(test.fullTitle()));
    runner.on('fail', (test, error) => {
      report.failed += 1;
      report.failures.push(
        `${test.fullTitle()}: ${String(error?.message ?? error)
          .split('\n')
          .slice(0, 4)
          .join(' ')}`,
      );
    });
    runner.on('suite', write);
    runner.once('end', () => {
      report.ended = true;
      write();
      // Fires only when something keeps the loop alive that should have been closed.
      setTimeout(() => {
        const held = process.getActiveResourcesInfo().filter((name) => name !== 'Timeout');
        report.failed += 1;
        report.failures.push(`the process does not end after its tests: ${held.join(', ')}`);
        process.stderr.write(`\nThe process does not end after its tests, held by: ${held.join(', ')}\n`);
        write();
        process.exit(1);
      }, graceful).unref();
    });
  }
}
