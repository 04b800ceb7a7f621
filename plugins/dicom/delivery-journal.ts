import type { Journal } from '../../engine/plugin/index.ts';

type Arrival = 'stored' | 'warning';

/** One transaction for many responses; the worst that a crash can cost is that these are sent again. */
const entriesPerWrite = 50;
const longestWaitMs = 500;

/** What has arrived where, over the attempts of a step: an entry `<destination>/<SOP Instance UID>` for each. */
export interface DeliveryJournal {
  arrived(destination: string, sopInstanceUid: string): Arrival | undefined;
  note(destination: string, sopInstanceUid: string, how: Arrival): void;
  /** All that was noted is committed; throws what a write has thrown. */
  flush(): Promise<void>;
}

export async function openDeliveryJournal(journal: Journal): Promise<DeliveryJournal> {
  const known = new Map(await journal.read());
  let waiting: Record<string, Arrival> = {};
  let timer: NodeJS.Timeout | undefined;
  // Writes in turn; an error stays in the chain until `flush` throws it.
  let written = Promise.resolve();

  const write = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const entries = waiting;
    waiting = {};
    if (Object.keys(entries).length === 0) return;
    written = written.then(() => journal.write(entries));
    written.catch(() => {});
  };

  return {
    arrived(destination, sopInstanceUid) {
      const how = known.get(`${destination}/${sopInstanceUid}`);
      return how === 'stored' || how === 'warning' ? how : undefined;
    },
    note(destination, sopInstanceUid, how) {
      const key = `${destination}/${sopInstanceUid}`;
      if (known.has(key)) return;
      known.set(key, how);
      waiting[key] = how;
      if (Object.keys(waiting).length >= entriesPerWrite) write();
      else timer ??= setTimeout(write, longestWaitMs);
    },
    flush() {
      write();
      return written;
    },
  };
}
