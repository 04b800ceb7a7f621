import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { loadConfig } from '../../engine/config/index.ts';
import { catalogue } from '../../engine/errors/index.ts';
import { formatDiagnostics } from '../../engine/language/index.ts';
import { registry } from '../language/fixture-registry.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-config-'));
});
after(() => rm(folder, { recursive: true }));

async function load(text: string, name = 'gantry.yaml') {
  const file = join(folder, name);
  await writeFile(file, text);
  return loadConfig(file, registry);
}

/** `line:column code message`, and the codes seen, for the catalogue. */
const codesSeen = new Set<string>();
async function problems(text: string): Promise<string[]> {
  const { config, diagnostics } = await load(text);
  assert.equal(config, null);
  for (const { code } of diagnostics) codesSeen.add(code);
  return diagnostics.map(
    ({ line, column, code, message, hint }) => `${line}:${column} ${code} ${message}${hint === null ? '' : ` [${hint}]`}`,
  );
}

const example = `
dicom:
  host: 127.0.0.1
  port: 11112
  aeTitle: GANTRY                 # ours as a sender
  rejectUnknownSources: true      # calling AE title and host must match a source
  aeTitles: { LUNG: { ignoredSopClasses: [], overwriteSameInstance: false }, " CHEST ": {} }
  sources: { CT1: { aeTitle: CT1, host: 127.0.0.1 } }
  destinations: { PACS: { aeTitle: " ORTHANC", host: 127.0.0.1, port: 4242 } }
storage: { watermarkPercent: 85, reserveSpaceGb: 5 }
jobs: { nodules: { backend: process, command: [node, jobs/nodules.mjs], timeout: 10m } }
workflows: ./flows
`;

const rules = {
  accept: 'private-sop-classes',
  allowedSopClasses: null,
  ignoredSopClasses: [],
  overwriteSameInstance: false,
  verification: true,
  maxAssociations: null,
};
const loopback = { kind: 'network', address: '127.0.0.1', prefix: 32, family: 'ipv4' };

describe('a configuration', () => {
  it('is filled with defaults, AE titles trimmed, options of jobs apart, paths from its folder', async () => {
    const { config, diagnostics } = await load(example);
    assert.deepEqual(diagnostics, []);
    assert.deepEqual(config, {
      file: join(folder, 'gantry.yaml'),
      folder,
      dicom: {
        host: '127.0.0.1',
        port: 11112,
        tls: null,
        aeTitle: 'GANTRY',
        rejectUnknownSources: true,
        aeTitles: { LUNG: rules, CHEST: rules },
        sources: { CT1: { aeTitle: 'CT1', hosts: [loopback], certificate: null, maxAssociations: null } },
        destinations: { PACS: { aeTitle: 'ORTHANC', host: '127.0.0.1', port: 4242 } },
        maxAssociations: 100,
        maxAssociationsPerPeer: 50,
        maxInstanceSizeBytes: 64e9,
        maxPduLength: 131_072,
        threads: 1,
        timers: { associateRequestMs: 30_000, progressMs: 60_000, messageMs: 1_800_000, idleMs: 600_000 },
      },
      storage: { watermarkPercent: 85, reserveSpaceGb: 5, belowReserve: { jobs: 'pause', exports: 'go-on' } },
      jobs: { nodules: { backend: 'process', options: { command: ['node', 'jobs/nodules.mjs'], timeout: '10m' } } },
      workflows: join(folder, 'flows'),
      temporal: { port: 0, uiPort: 0, namespace: 'default' },
    });
  });

  it('that is not there at all is one of defaults, in the working folder; so is an empty file', async () => {
    const { config } = await loadConfig(null);
    assert.equal(config?.workflows, resolve('workflows'));
    assert.equal(config?.file, null);
    const empty = await load('# nothing\n');
    assert.deepEqual(empty.config?.dicom, config?.dicom);
    assert.deepEqual(empty.config?.jobs, {});
  });

  it('can be JSON, with a schema for the editor', async () => {
    const { config, diagnostics } = await load('{\n\t"$schema": "./config.schema.json",\n\t"dicom": { "port": 0 }\n}\n', 'gantry.json');
    assert.deepEqual(diagnostics, []);
    assert.equal(config?.dicom.port, 0);
    assert.equal(config?.dicom.aeTitle, 'GANTRY');
  });

  it('is refused with every unknown key, each with its place and a suggestion', async () => {
    assert.deepEqual(await problems('dicom:\n  prot: 104\n  sources:\n    CT1: { aeTitle: CT1, host: ct1, ip: x }\nstorrage: {}\n'), [
      '2:3 GY103 unknown key "prot" [did you mean "port"? (keys: host, port, tls, aeTitle, rejectUnknownSources, maxAssociations, maxAssociationsPerPeer, maxInstanceSizeGb, maxPduLength, threads, timers, aeTitles, and 2 more)]',
      '4:37 GY103 unknown key "ip" [keys: aeTitle, host, certificate, maxAssociations]',
      '5:1 GY103 unknown key "storrage" [did you mean "storage"? (keys: $schema, dicom, storage, jobs, workflows, temporal)]',
    ]);
  });

  it('is refused with every missing key and every value that is not allowed', async () => {
    assert.deepEqual(
      await problems(
        'dicom:\n  port: 99999\n  rejectUnknownSources: maybe\n  sources: { CT1: { aeTitle: CT1 }, "a b": { aeTitle: A, host: h } }\n  destinations: { PACS: { aeTitle: P, host: "a b", port: 0 } }\nstorage: { watermarkPercent: "85" }\nworkflows:\n',
      ),
      [
        '2:9 GY105 99999 is more than 65535',
        '3:25 GY105 "maybe" where true or false is expected',
        '4:14 GY104 missing key "host" [Where it calls from: a name, an address or a network, or a list of them.]',
        '4:38 GY105 "a b" is not a name [a letter, then letters, digits, - and _, at most 64 in all]',
        '5:46 GY105 "a b" is not spelled as it must be [such as "10.0.0.5". Its address.]',
        '5:58 GY105 0 is less than 1',
        '6:31 GY105 "85" where a number is expected',
        '7:1 GY105 nothing where text is expected',
      ],
    );
  });

  it('is refused with AE titles that are none, and UIDs that YAML reads as numbers', async () => {
    assert.deepEqual(
      await problems(
        'dicom:\n  aeTitle: THIS-IS-MUCH-TOO-LONG\n  aeTitles: { LUNG: { ignoredSopClasses: [1.2] } }\n  sources: { CT1: { aeTitle: 5, host: h } }\n',
      ),
      [
        '2:12 GY107 "THIS-IS-MUCH-TOO-LONG" is not an AE title [1 to 16 ASCII characters without backslash (PS3.5 §6.2), quoted where YAML would read a number]',
        '3:43 GY106 1.2 is read as a number, where text is expected [quote it: "1.2"]',
        '4:30 GY106 5 is read as a number, where text is expected [quote it: "5"]',
      ],
    );
  });

  it('says who may send, from where, how much and how long', async () => {
    const { config, diagnostics } = await load(`
dicom:
  maxAssociations: 300
  maxAssociationsPerPeer: 20
  maxInstanceSizeGb: 0.5
  maxPduLength: 65536
  timers: { progress: 30s, message: 2h, idle: 1h }
  aeTitles:
    ARCHIVE: { accept: any, verification: false, maxAssociations: 8, allowedSopClasses: [1.2.840.10008.5.1.4.1.1.2] }
  sources:
    CT1: { aeTitle: " CT1", host: [ct1.hospital.example, 10.20.0.0/16, "2001:db8::/32"], certificate: ct1, maxAssociations: 4 }
storage: { belowReserve: { jobs: go-on, exports: pause } }
`);
    assert.deepEqual(diagnostics, []);
    assert.deepEqual(config?.storage.belowReserve, { jobs: 'go-on', exports: 'pause' });
    const { maxAssociations, maxAssociationsPerPeer, maxInstanceSizeBytes, maxPduLength, timers, aeTitles, sources } = config.dicom;
    assert.deepEqual([maxAssociations, maxAssociationsPerPeer, maxInstanceSizeBytes, maxPduLength], [300, 20, 5e8, 65_536]);
    assert.deepEqual(timers, { associateRequestMs: 30_000, progressMs: 30_000, messageMs: 7_200_000, idleMs: 3_600_000 });
    assert.deepEqual(aeTitles, {
      ARCHIVE: { ...rules, accept: 'any', verification: false, maxAssociations: 8, allowedSopClasses: ['1.2.840.10008.5.1.4.1.1.2'] },
    });
    assert.deepEqual(sources, {
      CT1: {
        aeTitle: 'CT1',
        hosts: [
          { kind: 'name', name: 'ct1.hospital.example' },
          { kind: 'network', address: '10.20.0.0', prefix: 16, family: 'ipv4' },
          { kind: 'network', address: '2001:db8::', prefix: 32, family: 'ipv6' },
        ],
        certificate: 'ct1',
        maxAssociations: 4,
      },
    });
  });

  it('is refused where an AE title has two lists of SOP classes that exclude each other, with the place', async () => {
    const classes = '[1.2.840.10008.5.1.4.1.1.2]';
    const { config, diagnostics } = await load(
      `dicom:\n  aeTitles:\n    LUNG:\n      allowedSopClasses: ${classes}\n      ignoredSopClasses: ${classes}\n`,
    );
    assert.equal(config, null);
    for (const { code } of diagnostics) codesSeen.add(code);
    assert.equal(
      (await formatDiagnostics(diagnostics)).replace(folder, ''),
      `/gantry.yaml:4:7  GY109 "LUNG" has both "ignoredSopClasses" and "allowedSopClasses"
    2 |   aeTitles:
    3 |     LUNG:
 >  4 |       allowedSopClasses: ${classes}
      |       ^^^^^^^^^^^^^^^^^ keep one of the two: which SOP classes are dropped, or which alone are accepted`,
    );
  });

  it('is refused with hosts that are none, and timers that would fire at once', async () => {
    const host = 'write a name, an address, or a network: ct1.hospital.example, 10.0.0.5, 10.0.0.0/8, 2001:db8::/32';
    assert.deepEqual(
      await problems(`dicom:
  timers: { progress: 500ms, idle: 25d, associateRequest: soon }
  sources:
    A: { aeTitle: A, host: 10.0.0.300 }
    B: { aeTitle: B, host: [10.0.0.0/33, "2001:db8::/129", "2001:db8::g", 10.0.0.0/8/8, 10.0.0.0/, ct1/8, -ct1] }
    C: { aeTitle: C, host: [] }
  destinations:
    PACS: { aeTitle: PACS, host: 10.0.0.0/8, port: 104 }
`),
      [
        '2:23 GY105 500ms is less than 1 s',
        '2:36 GY105 25d is more than 24 d',
        '2:59 GY105 "soon" is not a duration [write a whole number and a unit: 500ms, 30s, 15m, 2h, 7d]',
        `4:28 GY105 "10.0.0.300" is not a host [${host}]`,
        `5:29 GY105 "10.0.0.0/33" is not a host [${host}]`,
        `5:43 GY105 "2001:db8::/129" is not a host [${host}]`,
        `5:61 GY105 "2001:db8::g" is not a host [${host}]`,
        `5:75 GY105 "10.0.0.0/8/8" is not a host [${host}]`,
        `5:89 GY105 "10.0.0.0/" is not a host [${host}]`,
        `5:100 GY105 "ct1/8" is not a host [${host}]`,
        `5:107 GY105 "-ct1" is not a host [${host}]`,
        '6:28 GY105 a list is empty',
        '8:34 GY105 "10.0.0.0/8" is a network [write the name or the address of the one peer to send to]',
      ],
    );
  });

  it('has the options of its jobs checked by their back-ends', async () => {
    assert.deepEqual(
      await problems(
        'jobs:\n  a: { backend: proces }\n  b: { backend: process, comand: [x], timeout: 10 minutes }\n  c: { command: [x] }\n',
      ),
      [
        '2:17 GY108 unknown back-end "proces" [did you mean "process"? (back-ends: process)]',
        '3:3 GY104 missing option "command" for back-end "process"',
        '3:26 GY103 unknown option "comand" for back-end "process" [did you mean "command"? (options: command, timeout)]',
        '3:48 GY105 "10 minutes" is not a duration [write a whole number and a unit: 500ms, 30s, 15m, 2h, 7d]',
        '4:3 GY104 missing key "backend" [What executes it; the other keys are its options.]',
      ],
    );
    await writeFile(join(folder, 'jobs.yaml'), 'jobs: { a: { backend: anything } }\n');
    assert.notEqual((await loadConfig(join(folder, 'jobs.yaml'))).config, null, 'without plugins there is nothing to check them by');
  });

  it('is refused where keys stand twice, or where it is neither YAML nor there', async () => {
    assert.deepEqual(await problems('workflows: a\nworkflows: b\n'), [
      '2:1 GY102 duplicate key "workflows" [it stands in line 1 already: keep one of the two]',
    ]);
    assert.deepEqual(await problems('dicom: [\n'), ['1:9 GY101 deficient indentation [a [ or { before this is not closed]']);
    assert.deepEqual(await problems('- dicom\n'), ['1:1 GY105 a list where a map is expected']);
    const absent = await loadConfig(join(folder, 'absent.yaml'));
    assert.equal(absent.config, null);
    assert.equal(await formatDiagnostics(absent.diagnostics), `${join(folder, 'absent.yaml')}:1:1  GY101 cannot be read (ENOENT)`);
  });

  it('has shown every code of its area by now', () => {
    assert.deepEqual(
      [...codesSeen].sort(),
      Object.keys(catalogue)
        .filter((code) => code.startsWith('GY1'))
        .sort(),
    );
  });
});
