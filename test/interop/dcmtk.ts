import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PeerPrograms } from '../peers/peers.ts';
import { type Called, contextsOf, type ProposedContext, runPeer, type Sender } from './sender.ts';

const tlsOptions = ({ tls }: Called): string[] => {
  if (tls === undefined) return [];
  return [...(tls.own === null ? ['+tla'] : ['+tls', tls.own.key, tls.own.certificate]), '+cf', tls.authority];
};
const address = ({ port }: Called): string[] => ['127.0.0.1', String(port)];
const titles = (from: string, { calledAeTitle }: Called): string[] => ['-aet', from, '-aec', calledAeTitle];

/** storescu and echoscu. Contexts are proposed by a profile: its options know only one transfer syntax beside the native ones. */
export function storescu(dcmtk: PeerPrograms<'dcmtk'>, folder: string): Sender {
  const send: NonNullable<Sender['storeProposing']> = async (called, samples, contexts) => {
    const profile = join(folder, `${called.calledAeTitle}.cfg`);
    await writeFile(profile, associationProfile(contexts));
    const paths = samples.map(({ path }) => path);
    const options = ['-v', '-nh', '-xf', profile, 'Proposal', ...tlsOptions(called), ...titles('STORESCU', called)];
    return runPeer(dcmtk.storescu, [...options, ...address(called), ...paths]);
  };
  return {
    storesAnyClass: true,
    echo: (called) => runPeer(dcmtk.echoscu, ['-v', ...tlsOptions(called), ...titles('ECHOSCU', called), ...address(called)]),
    store: (called, samples) => send(called, samples, contextsOf(samples)),
    storeProposing: send,
  };
}

/** dcmtk's asconfig.txt: a list of transfer syntaxes for each context, its name in words. */
function associationProfile(contexts: readonly ProposedContext[]): string {
  const nameOf = (uid: string): string => `TS${uid.replaceAll('.', '_')}`;
  const syntaxes = [...new Set(contexts.map(({ transferSyntaxUid }) => transferSyntaxUid))];
  return [
    '[[TransferSyntaxes]]',
    ...syntaxes.flatMap((uid) => [`[${nameOf(uid)}]`, `TransferSyntax1 = ${uid}`]),
    '[[PresentationContexts]]',
    '[Contexts]',
    ...contexts.map(
      ({ sopClassUid, transferSyntaxUid }, at) => `PresentationContext${at + 1} = ${sopClassUid}\\${nameOf(transferSyntaxUid)}`,
    ),
    '[[Profiles]]',
    '[Proposal]',
    'PresentationContexts = Contexts',
    '',
  ].join('\n');
}

/** dcmsend: proposes what the files need. */
export function dcmsend(dcmtk: PeerPrograms<'dcmtk'>): Sender {
  return {
    storesAnyClass: true,
    echo: () => Promise.reject(new Error('dcmsend has no C-ECHO')),
    store(called, samples) {
      const options = ['-v', '-nh', '-nuc', '--decompress-never', ...titles('DCMSEND', called), ...address(called)];
      return runPeer(dcmtk.dcmsend, [...options, ...samples.map(({ path }) => path)]);
    },
  };
}
