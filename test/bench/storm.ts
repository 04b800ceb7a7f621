import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { echo } from '../../engine/dicom/index.ts';
import { gantryReceiver } from './receivers.ts';

const residentMegabytes = (pid: number, of: 'VmRSS' | 'VmHWM'): number =>
  Number(new RegExp(`${of}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]) / 1_024;

/** So many associations at once, each with ten instances of 0.5 MB, and C-ECHOs beside them, one after the other, on associations of their own. */
export async function storm(associations: number, base: string): Promise<void> {
  const receiver = await gantryReceiver()(base);
  try {
    const peer = { aeTitle: receiver.aeTitle, host: '127.0.0.1', port: receiver.port };
    await echo(peer, { callingAeTitle: 'ECHO' });
    const idle = residentMegabytes(receiver.pid, 'VmRSS');
    const sender = spawn(process.execPath, [resolve(import.meta.dirname, 'storm-sender.ts'), String(receiver.port), String(associations)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let out = '';
    sender.stdout.on('data', (bytes: Buffer) => {
      out += bytes.toString();
    });
    const over = once(sender, 'close');
    let isOver = false;
    void over.then(() => {
      isOver = true;
    });
    const times: number[] = [];
    while (!isOver) {
      const begun = performance.now();
      await echo(peer, { callingAeTitle: 'ECHO' });
      times.push(performance.now() - begun);
    }
    times.sort((a, b) => a - b);
    const percentile = (p: number): string =>
      `${(times[Math.min(times.length - 1, Math.floor(times.length * p))] ?? Number.NaN).toFixed(1)} ms`;
    console.log(`\nstorm: ${associations} associations at once, 10 × 0.5 MB each, on ${base}: ${out.trim()}`);
    console.log(
      `  C-ECHO beside them, each with its association: ${times.length} times, p50 ${percentile(0.5)}, p99 ${percentile(0.99)}, max ${percentile(1)}`,
    );
    const peak = residentMegabytes(receiver.pid, 'VmHWM');
    console.log(`  resident memory: ${idle.toFixed(0)} MB idle, at most ${peak.toFixed(0)} MB, ${(peak - idle).toFixed(0)} MB above idle`);
  } finally {
    await receiver.stop();
  }
}
