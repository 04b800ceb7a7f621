// `node storm-sender.ts PORT N M`: N associations at once, kept open by all until each is accepted, which it says, then M instances of 0.5 MB
// over each.
import { randomUUID } from 'node:crypto';
import { RawPeer, storePdus } from '../dicom/raw-peer.ts';

const [port, count, each] = process.argv.slice(2).map(Number);
if (port === undefined || count === undefined || each === undefined) throw new Error('a port and two numbers are needed');

const uidOf = (): string => `2.25.${BigInt(`0x${randomUUID().replaceAll('-', '')}`)}`;
const ctImageStorage = '1.2.840.10008.5.1.4.1.1.2';

/** Implicit VR Little Endian: what the receiver compares with the command, and half a megabyte of pixels. */
function dataset(uid: string): Buffer {
  const element = (group: number, number: number, value: Buffer): Buffer => {
    const head = Buffer.alloc(8);
    head.writeUInt16LE(group, 0);
    head.writeUInt16LE(number, 2);
    head.writeUInt32LE(value.length, 4);
    return Buffer.concat([head, value]);
  };
  const text = (value: string): Buffer => Buffer.from(value.length % 2 === 0 ? value : `${value}\0`, 'latin1');
  return Buffer.concat([
    element(0x0008, 0x0016, text(ctImageStorage)),
    element(0x0008, 0x0018, text(uid)),
    element(0x0020, 0x000d, text('1.2.3')),
    element(0x0020, 0x000e, text('1.2.3.4')),
    element(0x7fe0, 0x0010, Buffer.alloc(524_288, 7)),
  ]);
}

const opened = await Promise.allSettled(Array.from({ length: count }, () => RawPeer.associate(port, { calledAeTitle: 'BENCH' })));
const peers = opened.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
process.stdout.write(`${peers.length} accepted\n`);
const begun = performance.now();
let stored = 0;
let failed = 0;
await Promise.all(
  peers.map(async (peer) => {
    for (let n = 1; n <= each; n += 1) {
      const sopInstance = uidOf();
      peer.send(...storePdus({ messageId: n, sopInstance, data: dataset(sopInstance), fragment: 131_000 }));
      const { status } = await peer.response();
      if (status === 0) stored += 1;
      else failed += 1;
    }
    await peer.release();
  }),
);
const seconds = (performance.now() - begun) / 1_000;
process.stdout.write(`${stored} stored, ${failed} failed, ${(stored / seconds).toFixed(0)} inst/s\n`);
process.exit(0);
