import { initial } from './migrations/001-initial.ts';
import { associations } from './migrations/002-associations.ts';
import { leanInstances } from './migrations/003-lean-instances.ts';

/** In order; the database's `user_version` is how many of them it has had. Released ones are never edited. SQL in modules, not in .sql files: a build carries them along. */
export const migrations: readonly string[] = [initial, associations, leanInstances];
