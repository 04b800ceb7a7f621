import { registerHooks } from 'node:module';

/** From here on whoever imports one of these modules gets its stand-in, save the stand-in itself. Paths are from this folder. */
export function replaceModules(standIns: Readonly<Record<string, string>>): void {
  const here = (path: string): string => new URL(path, import.meta.url).href;
  const byUrl = new Map(Object.entries(standIns).map(([module, standIn]) => [here(module), here(standIn)]));
  registerHooks({
    resolve(specifier, context, nextResolve) {
      const resolved = nextResolve(specifier, context);
      const standIn = byUrl.get(resolved.url);
      return standIn === undefined || standIn === context.parentURL ? resolved : { ...resolved, url: standIn };
    },
  });
}
