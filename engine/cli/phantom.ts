import { resolve } from 'node:path';
import { makePhantom } from '../dicom/index.ts';
import type { CommonOptions } from './common.ts';
import { print, printJson, progressBar } from './print.ts';

export async function phantom(folder: string, options: CommonOptions & { slices: string; size: string; seed: string }): Promise<void> {
  const slices = Number(options.slices);
  const bar = progressBar('phantom', slices);
  let done = 0;
  const study = await makePhantom({
    folder: resolve(folder),
    slices,
    size: Number(options.size),
    seed: Number(options.seed),
    onSlice: () => {
      done += 1;
      bar.tick(done);
    },
  });
  bar.end(`${study.files.length} slices in ${resolve(folder)}`);
  const { studyInstanceUid, seriesInstanceUids, files } = study;
  if (options.json) return printJson({ studyInstanceUid, seriesInstanceUids, files: files.map(({ path }) => path) });
  print(`study ${studyInstanceUid}`);
}
