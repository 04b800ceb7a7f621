import { Gauge, type Registry } from 'prom-client';

/** What the free-space guard says. */
export interface Space {
  readonly open: boolean;
  readonly freeBytes: number;
}

/** Gauges that ask when they are scraped. A disk that cannot be asked leaves its gauges out, and all others in. */
export function watchSpace(registry: Registry, space: () => Promise<Space>): void {
  const gauge = (name: string, help: string, read: (space: Space) => number): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      async collect() {
        const found = await space().catch(() => null);
        if (found === null) this.remove();
        else this.set(read(found));
      },
    });
  };
  gauge('gantry_storage_free_bytes', 'Bytes free where instances are stored.', ({ freeBytes }) => freeBytes);
  gauge('gantry_storage_open', '1 while free space is above the reserve and instances are taken, otherwise 0.', ({ open }) => Number(open));
}
