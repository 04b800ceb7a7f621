import type { ErrorCode } from '../errors/index.ts';
import { childPointer, type Report } from '../language/index.ts';
import { formatDuration, parseDuration } from '../plugin/index.ts';
import { parseSourceHost } from './source-host.ts';

type Given = Readonly<Record<string, unknown>>;

/** Node's timers hold 32 bits, 24.8 days; beyond that they fire at once. */
const longestTimerMs = 24 * 86_400_000;
const shortestTimerMs = 1_000;

/** What a schema cannot say of `dicom`, as it stands in the file. What is of the wrong type has been reported already, and is passed over. */
export function checkRules(value: unknown, report: Report): void {
  const dicom = mapAt(mapAt(value, ''), 'dicom');
  for (const [title, rules] of entriesOf(dicom.aeTitles)) {
    if (rules.ignoredSopClasses === undefined || rules.allowedSopClasses === undefined) continue;
    report.at(childPointer(childPointer('/dicom/aeTitles', title), 'allowedSopClasses'), 'key', {
      code: 'GY109',
      message: `"${title}" has both "ignoredSopClasses" and "allowedSopClasses"`,
      hint: 'keep one of the two: which SOP classes are dropped, or which alone are accepted',
    });
  }
  for (const [name, source] of entriesOf(dicom.sources)) checkHosts(childPointer('/dicom/sources', name), source.host, report);
  for (const [name, { host }] of entriesOf(dicom.destinations)) {
    if (typeof host === 'string' && host.includes('/')) {
      report.at(childPointer(childPointer('/dicom/destinations', name), 'host'), 'value', {
        ...wrongValue(`"${host}" is a network`, 'write the name or the address of the one peer to send to'),
      });
    }
  }
  for (const [name, given] of Object.entries(mapAt(dicom, 'timers'))) checkTimer(childPointer('/dicom/timers', name), given, report);
}

function checkHosts(pointer: string, host: unknown, report: Report): void {
  const places: readonly (readonly [string, unknown])[] = Array.isArray(host)
    ? host.map((each, index) => [`${pointer}/host/${index}`, each])
    : [[`${pointer}/host`, host]];
  for (const [place, text] of places) {
    // What has a space in it or is empty, the schema has complained about.
    if (typeof text !== 'string' || !/^\S{1,253}$/.test(text) || parseSourceHost(text) !== null) continue;
    report.at(
      place,
      'value',
      wrongValue(
        `"${text}" is not a host`,
        'write a name, an address, or a network: ct1.hospital.example, 10.0.0.5, 10.0.0.0/8, 2001:db8::/32',
      ),
    );
  }
}

function checkTimer(pointer: string, given: unknown, report: Report): void {
  let ms: number;
  try {
    ms = parseDuration(String(given));
  } catch {
    return;
  }
  const limit = ms < shortestTimerMs ? shortestTimerMs : ms > longestTimerMs ? longestTimerMs : null;
  if (limit === null) return;
  const message = `${String(given)} is ${ms < shortestTimerMs ? 'less' : 'more'} than ${formatDuration(limit)}`;
  report.at(pointer, 'value', wrongValue(message, null));
}

const wrongValue = (message: string, hint: string | null): { code: ErrorCode; message: string; hint: string | null } => ({
  code: 'GY105',
  message,
  hint,
});

const isMap = (value: unknown): value is Given => typeof value === 'object' && value !== null && !Array.isArray(value);

function mapAt(value: unknown, key: string): Given {
  const found = key === '' ? value : (value as Given)[key];
  return isMap(found) ? found : {};
}

const entriesOf = (value: unknown): readonly (readonly [string, Given])[] =>
  Object.entries(isMap(value) ? value : {}).map(([key, entry]) => [key, isMap(entry) ? entry : {}]);
