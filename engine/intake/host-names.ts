import { lookup } from 'node:dns/promises';

/** A name's addresses: none where there is no such name, null where that cannot be told now. */
export type AddressesOf = (name: string) => Promise<readonly string[] | null>;

export interface HostNamesOptions {
  /** For tests; default: the system's resolver, /etc/hosts included. */
  readonly lookup?: (name: string) => Promise<readonly string[]>;
  readonly now?: () => number;
  /** A peer waits no longer than this for a resolver, default 2,000. */
  readonly patienceMs?: number;
}

const keepMs = 60_000;
/** What could not be resolved is asked for again sooner: somebody may have mended it. */
const keepFailureMs = 5_000;
/** The system's resolver holds one of libuv's four threads while it waits, and files are written by the others. */
const mostAtOnce = 2;

const systemLookup = async (name: string): Promise<readonly string[]> => (await lookup(name, { all: true })).map(({ address }) => address);

/** Looks names up, remembers the answers for a minute, and never lets a resolver that hangs hold anything up for long. */
export function createHostNames({
  lookup: resolve = systemLookup,
  now = () => performance.now(),
  patienceMs = 2_000,
}: HostNamesOptions = {}): AddressesOf {
  const known = new Map<string, { readonly until: number; readonly addresses: readonly string[] | null }>();
  const asked = new Map<string, Promise<readonly string[] | null>>();
  const waiting: (() => void)[] = [];
  let free = mostAtOnce;

  const look = async (name: string): Promise<readonly string[] | null> => {
    if (free === 0) await new Promise<void>((next) => waiting.push(next));
    else free -= 1;
    let addresses: readonly string[] | null;
    try {
      addresses = await resolve(name);
    } catch (error) {
      addresses = error instanceof Error && 'code' in error && error.code === 'ENOTFOUND' ? [] : null;
    }
    const next = waiting.shift();
    if (next === undefined) free += 1;
    else next();
    known.set(name, { until: now() + (addresses?.length ? keepMs : keepFailureMs), addresses });
    asked.delete(name);
    return addresses;
  };

  return async (name) => {
    const remembered = known.get(name);
    if (remembered !== undefined && remembered.until > now()) return remembered.addresses;
    const answer = asked.get(name) ?? look(name);
    asked.set(name, answer);
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<null>((give) => {
      timer = setTimeout(give, patienceMs, null);
    });
    return Promise.race([answer, patience]).finally(() => clearTimeout(timer));
  };
}
