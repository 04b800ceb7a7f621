import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Site } from './site.ts';

/** A job that waits until the test opens its gate, named by its parameter `gate`. The command's paths are meant from the site's folder. */
export const gateJob = {
  command: [
    'node',
    '--input-type=module',
    '-e',
    `import { existsSync } from 'node:fs';
     const { gate } = JSON.parse(process.env.GANTRY_PARAMETERS);
     while (!existsSync('gates/' + gate)) await new Promise((done) => setTimeout(done, 50));`,
  ],
};

export async function openGate({ folder }: Site, gate: string): Promise<void> {
  await mkdir(join(folder, 'gates'), { recursive: true });
  await writeFile(join(folder, 'gates', gate), '');
}
