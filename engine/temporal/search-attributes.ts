import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from '@temporalio/client';
import { GantryError } from '../errors/index.ts';
import { searchAttributes } from '../workflow/contract.ts';
import { grpcCode, reasonOf } from './connect.ts';

type AttributeType = (typeof searchAttributes)[keyof typeof searchAttributes];

/** As `temporal --search-attribute` and `temporal operator search-attribute create` spell a type, and as temporal.api.enums.v1.IndexedValueType counts it. */
const types: Readonly<Record<AttributeType, { readonly word: string; readonly number: number }>> = {
  KEYWORD: { word: 'Keyword', number: 2 },
  INT: { word: 'Int', number: 3 },
  BOOL: { word: 'Bool', number: 5 },
  KEYWORD_LIST: { word: 'KeywordList', number: 7 },
};

const wanted = Object.entries(searchAttributes).map(([name, type]) => ({ name, ...types[type] }));

/** `Name=Type` of each, for the embedded server's command line. */
export const searchAttributeFlags = wanted.map(({ name, word }) => `${name}=${word}`);

/** Elasticsearch takes seconds over it. */
const registrationMs = 60_000;
/** A server's services learn of new ones from a cache that they renew every few seconds. */
const usableMs = 60_000;

/**
 * Registers those of Gantry's search attributes that the namespace lacks, and waits until they can be used.
 * @returns the names of the added ones
 * @throws GantryError GY509 when it is not allowed, a limit is reached, or a name is taken by another type
 */
export async function registerSearchAttributes(connection: Connection, namespace: string): Promise<readonly string[]> {
  const present = await call(() => connection.operatorService.listSearchAttributes({ namespace }));
  const typeOf = (name: string): number | undefined => present.customAttributes?.[name] ?? undefined;

  const clash = wanted.find(({ name, number }) => typeOf(name) !== undefined && typeOf(name) !== number);
  if (clash !== undefined) throw refused(`${clash.name} is there already, but not as ${clash.word}`);
  const missing = wanted.filter(({ name }) => typeOf(name) === undefined);
  if (missing.length === 0) return [];

  // Adding one that is there by now, since two engines may start at once, is no error.
  const attributes = Object.fromEntries(missing.map(({ name, number }) => [name, number]));
  await call(() =>
    connection.withDeadline(Date.now() + registrationMs, () =>
      connection.operatorService.addSearchAttributes({ namespace, searchAttributes: attributes }),
    ),
  );
  await untilUsable(connection, namespace);
  return missing.map(({ name }) => name);
}

async function untilUsable(connection: Connection, namespace: string): Promise<void> {
  const query = wanted.map(({ name }) => `${name} IS NULL`).join(' AND ');
  const deadline = Date.now() + usableMs;
  for (;;) {
    try {
      await connection.workflowService.listWorkflowExecutions({ namespace, query, pageSize: 1 });
      return;
    } catch (error) {
      if (Date.now() > deadline) throw refused(reasonOf(error), error);
      await sleep(250);
    }
  }
}

async function call<T>(request: () => Promise<T>): Promise<T> {
  try {
    return await request();
  } catch (error) {
    const PERMISSION_DENIED = 7;
    throw refused(grpcCode(error) === PERMISSION_DENIED ? `permission denied: ${reasonOf(error)}` : reasonOf(error), error);
  }
}

function refused(why: string, cause?: unknown): GantryError {
  const flags = wanted.map(({ name, word }) => `--name ${name} --type ${word}`).join(' ');
  return new GantryError('GY509', `the search attributes cannot be registered: ${why}`, {
    cause,
    mend: `Have the operator of the server add what is missing: temporal operator search-attribute create --namespace NAMESPACE ${flags}`,
  });
}
