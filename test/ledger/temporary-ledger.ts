import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** The path of a ledger that is not there yet, in a folder that is removed when the test ends. */
export async function temporaryLedger(test: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gantry-test-'));
  test.after(() => rm(folder, { recursive: true, force: true }));
  return join(folder, 'data', 'ledger.db');
}
