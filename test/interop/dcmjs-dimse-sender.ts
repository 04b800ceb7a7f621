// Sends by dcmjs-dimse's Client, in a process of its own: each line of standard input is a task as JSON, each of standard output the statuses.
import { createInterface } from 'node:readline';
import dcmjsDimse from 'dcmjs-dimse';
import type { DcmjsTask } from './dcmjs-dimse.ts';

const { Client, log } = dcmjsDimse;
const { CEchoRequest, CStoreRequest } = dcmjsDimse.requests;
const { PresentationContext } = dcmjsDimse.association;
log.setLevel('silent');
// What it says of private elements would stand between the answers.
console.log = console.error;

async function send(task: DcmjsTask): Promise<readonly (number | string)[]> {
  const client = new Client();
  const answers: (number | string)[] = [];
  const closed = Promise.withResolvers<void>();
  client.on('networkError', (error: Error) => answers.push(error.message));
  client.on('associationRejected', () => answers.push('rejected'));
  client.on('closed', closed.resolve);
  const requests = [...(task.echo ? [new CEchoRequest()] : []), ...task.paths.map((path) => new CStoreRequest(path))];
  for (const request of requests) {
    request.on('response', (response) => answers.push(response.getStatus()));
    client.addRequest(request);
  }
  for (const { sopClassUid, transferSyntaxUid } of task.contexts) {
    const context = new PresentationContext(0, sopClassUid);
    context.addTransferSyntaxUid(transferSyntaxUid);
    client.addAdditionalPresentationContext(context, true);
  }
  const options = task.securityOptions === null ? {} : { securityOptions: task.securityOptions };
  client.send('127.0.0.1', task.port, 'DCMJSDIMSE', task.calledAeTitle, options);
  await closed.promise;
  return answers;
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await send(JSON.parse(line) as DcmjsTask))}\n`);
}
