// Records what real peers send in an association, for the fuzzer: `node test/dicom/record-associations.ts [folder]`. Peers that are not
// installed are left out, and their recordings as they are.
import type { Buffer } from 'node:buffer';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makePhantom, sendFiles } from '../../engine/dicom/index.ts';
import { requirePeer } from '../peers/peers.ts';
import { MemoryEngine } from './memory-engine.ts';
import { makeSamples, run } from './samples.ts';

const target = process.argv[2] ?? join(import.meta.dirname, 'fixtures/associations');

const pynetdicom = `
import sys
from pydicom import dcmread
from pynetdicom import AE
port, *files = sys.argv[1:]
ae = AE(ae_title="PYNETDICOM")
for file in files:
    head = dcmread(file, stop_before_pixels=True)
    ae.add_requested_context(head.SOPClassUID, head.file_meta.TransferSyntaxUID)
ae.add_requested_context("1.2.840.10008.1.1")
association = ae.associate("127.0.0.1", int(port), ae_title="GANTRY")
association.send_c_echo()
for file in files:
    association.send_c_store(file)
association.release()
`;

const here = { skip: () => {} };
const folder = await mkdtemp(join(tmpdir(), 'gantry-recording-'));
const engine = new MemoryEngine();
// Small, so that datasets come in several PDUs.
const { receiver, port } = await engine.receive({ maxPduLength: 4_096 });

/** Between a peer and the receiver: keeps the peer's bytes of each connection. */
const recorded: Buffer[][] = [];
const proxy = createServer((peer) => {
  const bytes: Buffer[] = [];
  recorded.push(bytes);
  const us = connect(port, '127.0.0.1');
  peer.on('data', (chunk) => bytes.push(chunk)).on('error', () => us.destroy());
  us.on('error', () => peer.destroy());
  peer.pipe(us).pipe(peer);
});
await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
const { port: recording } = proxy.address() as AddressInfo;

async function record(name: string, send: () => Promise<unknown>): Promise<void> {
  recorded.length = 0;
  const before = engine.stored.length;
  const outcome = await send();
  const bytes = (recorded.at(-1) ?? []).flatMap((chunk) => [...chunk]);
  process.stdout.write(`${name}: ${bytes.length} bytes, ${engine.stored.length - before} instances ${JSON.stringify(outcome)}\n`);
  if (bytes.length > 0) await writeFile(join(target, `${name}.bin`), Uint8Array.from(bytes));
}

try {
  const { files } = await makePhantom({ slices: 3, size: 48, folder });
  const phantom = files.map(({ path }) => path);
  const address = ['127.0.0.1', `${recording}`] as const;
  const dcmtk = requirePeer(here, 'dcmtk');
  const gdcm = requirePeer(here, 'gdcm');
  if (dcmtk !== null) {
    const samples = await makeSamples(folder, dcmtk, gdcm);
    const sample = (option: string): string => samples.get(option) ?? '';
    await record('echoscu', () => run(dcmtk.echoscu, ['--repeat', '2', '-aec', 'GANTRY', ...address]));
    await record('storescu', () => run(dcmtk.storescu, ['-aec', 'GANTRY', ...address, ...phantom.slice(0, 2), sample('-xb')]));
    await record('storescu-jpeg', () => run(dcmtk.storescu, ['-R', '-xs', '-aec', 'GANTRY', ...address, sample('-xs')]));
    await record('dcmsend', () => run(dcmtk.dcmsend, ['-aec', 'GANTRY', ...address, ...phantom, sample('-xr')]));
  }
  const python = requirePeer(here, 'pynetdicom');
  if (python !== null) await record('pynetdicom', () => run(python.python, ['-c', pynetdicom, `${recording}`, ...phantom.slice(1)]));
  const peer = { aeTitle: 'GANTRY', host: '127.0.0.1', port: recording };
  await record('dcmjs-dimse', async () =>
    (await sendFiles(peer, files.slice(0, 2), { callingAeTitle: 'DCMJS' })).map(({ outcome, detail }) => [outcome, detail]),
  );
  await record('gdcmscu', () => run('gdcmscu', ['--store', '--call', 'GANTRY', ...address, '-i', phantom[0] ?? '']));
} finally {
  proxy.close();
  await receiver.stop({ graceMs: 0 });
  await rm(folder, { recursive: true });
}
