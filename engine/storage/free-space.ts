import { statfs as nodeStatfs } from 'node:fs/promises';
import { fileError } from './file-error.ts';

/** `watermarkPercent`: how full the file system may get. `reserveSpaceGb`: what stays free at least, in 10^9 bytes. */
export interface SpaceLimits {
  readonly watermarkPercent: number;
  readonly reserveSpaceGb: number;
}

/** What must stay free, in bytes: the stricter of both limits. */
export function reservedBytes(total: number, { watermarkPercent, reserveSpaceGb }: SpaceLimits): number {
  return Math.max((total * (100 - watermarkPercent)) / 100, reserveSpaceGb * 1e9);
}

/** Whether more may be written. `total` and `free` in bytes. */
export function isOpen({ total, free }: { readonly total: number; readonly free: number }, limits: SpaceLimits): boolean {
  return free > reservedBytes(total, limits);
}

export interface FileSystemSize {
  readonly blocks: number;
  /** Free to unprivileged users: what root keeps for itself is not ours to fill. */
  readonly bavail: number;
  readonly bsize: number;
}

export type Statfs = (path: string) => Promise<FileSystemSize>;

export interface Space {
  readonly open: boolean;
  readonly freeBytes: number;
  readonly reservedBytes: number;
  readonly totalBytes: number;
}

const cacheMs = 1_000;

/** Looks at the file system at most once a second, however many ask. */
export function createSpaceGuard(
  root: string,
  limits: SpaceLimits,
  statfs: Statfs = nodeStatfs,
  now = () => performance.now(),
): () => Promise<Space> {
  let until = Number.NEGATIVE_INFINITY;
  let newest: Promise<Space> | undefined;

  const look = async (): Promise<Space> => {
    try {
      const { blocks, bavail, bsize } = await statfs(root);
      const total = blocks * bsize;
      const free = bavail * bsize;
      return { open: isOpen({ total, free }, limits), freeBytes: free, reservedBytes: reservedBytes(total, limits), totalBytes: total };
    } catch (error) {
      until = Number.NEGATIVE_INFINITY;
      throw fileError(`cannot tell the free space of ${root}`, error);
    }
  };
  return () => {
    if (newest === undefined || now() >= until) {
      until = now() + cacheMs;
      newest = look();
    }
    return newest;
  };
}
