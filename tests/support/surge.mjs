// The load harness, run by a test.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { binary } from './levee.mjs';
import { Program, within } from './processes.mjs';

/** The harness: LEVEE_SURGE_BIN, or the one that was built with the server under test. */
export const surgeBinary = process.env.LEVEE_SURGE_BIN || path.join(path.dirname(binary), 'levee-surge');

/** Runs levee-surge to its end; gives its exit code, what it printed and its report. */
export async function runSurge(args, { seconds = 120 } = {}) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'levee-surge-'));
  try {
    const file = path.join(folder, 'report.json');
    const program = new Program('levee-surge', surgeBinary, [...args, '--json', file, '--quiet']);
    const result = await within(program.ended, seconds);
    if (!result) await program.kill();
    if (!result || result.code === null) throw new Error(`levee-surge did not end well:\n${program.output}`);
    let report = null;
    try {
      report = JSON.parse(readFileSync(file, 'utf8'));
    } catch {
      // a run that never began leaves none
    }
    return { code: result.code, output: program.output, report };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The sum of a counter of a cohort over the phases. */
export function total(report, cohort, name) {
  return Object.values(report.cohorts[cohort]).reduce((sum, phase) => sum + (phase[name] ?? phase.errors[name]), 0);
}
