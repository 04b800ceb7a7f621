import { ledgerFile } from '../layout.ts';
import { type InstanceFilter, type InstanceState, openLedgerReader } from '../ledger/index.ts';
import { type CommonOptions, dataFolder } from './common.ts';
import { formatBytes, note, printJson, printTable } from './print.ts';

export async function list(
  options: CommonOptions & { state?: InstanceState; study?: string; called?: string; limit: string },
): Promise<void> {
  const filter: InstanceFilter = {
    limit: Number(options.limit),
    ...(options.state === undefined ? {} : { state: options.state }),
    ...(options.study === undefined ? {} : { studyInstanceUid: options.study }),
    ...(options.called === undefined ? {} : { calledAeTitle: options.called }),
  };
  const ledger = await openLedgerReader({ file: ledgerFile(dataFolder(options)) });
  const rows = await ledger.instances(filter).finally(() => ledger.close());
  if (options.json) {
    return printJson(
      rows.map(
        ({
          sopInstanceUid,
          seriesInstanceUid,
          studyInstanceUid,
          sopClassUid,
          transferSyntaxUid,
          callingAeTitle,
          calledAeTitle,
          sizeBytes,
          receivedAt,
          state,
          claims,
        }) => ({
          sopInstanceUid,
          seriesInstanceUid,
          studyInstanceUid,
          sopClassUid,
          transferSyntaxUid,
          callingAeTitle,
          calledAeTitle,
          sizeBytes,
          receivedAt: new Date(receivedAt).toISOString(),
          state,
          claims,
        }),
      ),
    );
  }
  if (rows.length === 0) return note('the ledger knows no such instance');
  printTable(
    ['STATE', 'RECEIVED', 'FROM', 'TO', 'SIZE', 'CLAIMED BY', 'SOP INSTANCE UID'],
    rows.map((row) => [
      row.state,
      new Date(row.receivedAt).toISOString().slice(0, 19),
      row.callingAeTitle,
      row.calledAeTitle,
      formatBytes(row.sizeBytes),
      row.claims.map((claim) => `${claim.workflow} (${claim.state})`).join(', '),
      row.sopInstanceUid,
    ]),
  );
}
