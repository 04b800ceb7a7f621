import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { echo } from '../../engine/dicom/index.ts';
import { gantryReceiver } from './receivers.ts';

const residentMegabytes = (pid: number, of: 'VmRSS' | 'VmHWM'): number =>
  Number(new RegExp(`${of}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]) / 1_024;

/** Over each association. */
const instancesEach = 20;

/**
 * So many associations at once, each with instances of 0.5 MB, and C-ECHOs beside them, one after the other, on associations of their own:
 * from when all are open until the last instance is answered.
 */
export async function storm(associations: number, base: string): Promise<void> {
  const receiver = await gantryReceiver()(base);
  try {
    const peer = { aeTitle: receiver.aeTitle, host: '127.0.0.1', port: receiver.port };
    await echo(peer, { callingAeTitle: 'ECHO' });
    const idle = residentMegabytes(receiver.pid, 'VmRSS');
    const args = [resolve(import.meta.dirname, 'storm-sender.ts'), receiver.port, associations, instancesEach].map(String);
    const sender = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines = createInterface({ input: sender.stdout })[Symbol.asyncIterator]();
    const { value: accepted } = await lines.next();
    let outcome: string | null = null;
    void lines.next().then(({ value }) => {
      outcome = String(value);
    });
    const times: number[] = [];
    while (outcome === null) {
      const begun = performance.now();
      await echo(peer, { callingAeTitle: 'ECHO' });
      times.push(performance.now() - begun);
    }
    times.sort((a, b) => a - b);
    const percentile = (p: number): string =>
      `${(times[Math.min(times.length - 1, Math.floor(times.length * p))] ?? Number.NaN).toFixed(1)} ms`;
    console.log(`\nstorm: ${associations} associations at once, ${instancesEach} × 0.5 MB each, on ${base}: ${accepted}, ${outcome}`);
    console.log(
      `  C-ECHO beside them, each with its association: ${times.length} times, p50 ${percentile(0.5)}, p99 ${percentile(0.99)}, max ${percentile(1)}`,
    );
    const peak = residentMegabytes(receiver.pid, 'VmHWM');
    console.log(`  resident memory: ${idle.toFixed(0)} MB idle, at most ${peak.toFixed(0)} MB, ${(peak - idle).toFixed(0)} MB above idle`);
  } finally {
    await receiver.stop();
  }
}
