import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { until } from '../end-to-end/until.ts';
import type { EncodingName } from './encodings.ts';
import type { Ground } from './ground.ts';
import { ctImageStorage, identityOf, privateSopClass, privateTransferSyntax, type Sample, splitFile } from './samples.ts';
import { type Called, contextsOf, type ProposedContext, type Sender } from './sender.ts';
import type { Cell } from './table.ts';
import { WireTap } from './wire-tap.ts';

/** What a sender did. */
interface Sent {
  readonly calledAeTitle: string;
  readonly tap: WireTap;
  /** What it said of it. */
  readonly output: string;
}

/** One sender against the receiver: each question is answered by what went over the wire and what is kept, never by the sender's word. */
export class Trial {
  readonly #sender: Sender;
  readonly #ground: Ground;
  readonly #title: string;
  readonly #encodings: readonly EncodingName[];
  #encodingsSent: Promise<Sent> | null = null;
  readonly #proposed: number[] = [];

  /** `encodings`: those that it can send, so that one start of it is enough. */
  constructor(sender: Sender, ground: Ground, title: string, encodings: readonly EncodingName[]) {
    this.#sender = sender;
    this.#ground = ground;
    this.#title = title;
    this.#encodings = encodings;
  }

  async echo(): Promise<Cell> {
    const { tap, output } = await this.#wired(this.#title, (called) => this.#sender.echo(called));
    assert.deepEqual(tap.echoes, [0], output);
    return { outcome: 'done' };
  }

  /** Asks about one of the encodings; the first time all of them are sent. */
  async encoding(name: EncodingName): Promise<Cell> {
    const sent = await this.#sendEncodings();
    const outcomes = await Promise.all(this.#samplesOf(name).map((sample) => this.#judge(sample, sent)));
    const [worst = assert.fail()] = outcomes.toSorted((a, b) => severity(b) - severity(a));
    return worst;
  }

  /** With a SOP class or a transfer syntax of nobody, where `accept` is any. */
  async privateAccepted(what: 'class' | 'syntax'): Promise<Cell> {
    const sample = this.#private(what);
    return this.#judge(sample, await this.#store(`${this.#title}_ANY`, [sample]));
  }

  /** The same where `accept` is standard: proposed and refused with its reason (PS3.8 Table 9-18), and nothing is kept. */
  async privateRefused(what: 'class' | 'syntax'): Promise<Cell> {
    const sample = this.#private(what);
    const { tap, output, calledAeTitle } = await this.#store(this.#title, [sample]);
    const contexts = tap.proposals
      .flat()
      .filter(({ abstractSyntaxUid, transferSyntaxUids }) =>
        what === 'class' ? abstractSyntaxUid === privateSopClass : transferSyntaxUids.join() === privateTransferSyntax,
      );
    assert.ok(contexts.length > 0, `it is proposed: ${output}`);
    for (const { result } of contexts) assert.equal(result, what === 'class' ? 3 : 4, `refused: ${output}`);
    assert.deepEqual(await this.#ground.site.instances(calledAeTitle, sample.sopInstanceUid), []);
    return { outcome: 'done' };
  }

  async manyContexts(): Promise<Cell> {
    const title = `${this.#title}_M_ANY`;
    const { manyClasses } = this.#ground;
    const few = this.#samplesOf('explicit little endian');
    if (this.#sender.storeProposing === undefined) {
      const sent = this.#sender.storesAnyClass ? await this.#store(title, manyClasses) : await this.#sendEncodings();
      for (const sample of this.#sender.storesAnyClass ? manyClasses : few) await this.#judge(sample, sent);
    } else {
      const { storeProposing } = this.#sender;
      const sent = await this.#wired(title, (called) => storeProposing(called, few, manyContexts(few)));
      for (const sample of few) await this.#judge(sample, sent);
    }
    return { outcome: 'contexts', count: Math.max(...this.#proposed) };
  }

  /** What comes by TLS is what came without. */
  async tls(mutual: boolean): Promise<Cell> {
    const { site, tlsPort, mutualTlsPort, authority, own, ownName } = this.#ground;
    const samples = [...this.#samplesOf('explicit little endian'), ...this.#samplesOf('RLE')];
    const plain = await this.#sendEncodings();
    const port = mutual ? mutualTlsPort : tlsPort;
    const called = { port, calledAeTitle: `${this.#title}_${mutual ? 'MTLS' : 'TLS'}`, tls: { authority, own: mutual ? own : null } };
    const output = await this.#sender.store(called, samples);
    for (const { sopInstanceUid } of samples) {
      const [before = assert.fail('came without TLS')] = await site.instances(plain.calledAeTitle, sopInstanceUid);
      const [row = assert.fail(`arrives: ${output}`)] = await site.instances(called.calledAeTitle, sopInstanceUid);
      assert.equal(row.transferSyntaxUid, before.transferSyntaxUid);
      const [stored, storedBefore] = [await site.fileOf(row), await site.fileOf(before)].map((file) => splitFile(file).dataset);
      assert.ok(stored?.equals(storedBefore ?? assert.fail()), 'the same as without TLS');
    }
    const [association = assert.fail()] = await site.associations(called.calledAeTitle);
    assert.deepEqual(association.tls, { subject: mutual ? ownName : null });
    return { outcome: 'done' };
  }

  /** How the associations ended that carried its files. */
  async endings(): Promise<readonly string[]> {
    await this.#sendEncodings();
    const rows = () => this.#ground.site.associations(this.#title);
    await until('the associations to end', async () => (await rows()).every(({ how }) => how !== 'open'));
    return [...new Set((await rows()).filter(({ stored }) => stored > 0).map(({ how }) => how))];
  }

  #sendEncodings(): Promise<Sent> {
    this.#encodingsSent ??= this.#store(
      this.#title,
      this.#encodings.flatMap((name) => this.#samplesOf(name)),
    );
    return this.#encodingsSent;
  }

  #store(title: string, samples: readonly Sample[]): Promise<Sent> {
    return this.#wired(title, (called) => this.#sender.store(called, samples));
  }

  async #wired(calledAeTitle: string, action: (called: Called) => Promise<string>): Promise<Sent> {
    const tap = await WireTap.before(this.#ground.plainPort);
    try {
      const output = await action({ port: tap.port, calledAeTitle });
      await tap.ended();
      this.#proposed.push(...tap.proposals.map(({ length }) => length));
      return { calledAeTitle, tap, output };
    } finally {
      await tap.stop();
    }
  }

  async #judge(sample: Sample, { calledAeTitle, tap, output }: Sent): Promise<Cell> {
    const { site } = this.#ground;
    const sent = tap.stores.filter(({ sopInstanceUid }) => sopInstanceUid === sample.sopInstanceUid);
    assert.equal(sent.length, 1, `sent once, in ${sample.transferSyntaxUid}: ${output}`);
    const [wire = assert.fail()] = sent;
    const rows = await site.instances(calledAeTitle, sample.sopInstanceUid);
    if (wire.status !== 0) {
      assert.deepEqual(rows, [], 'what is not answered with Success is not kept');
      return { outcome: 'refused', status: wire.status ?? assert.fail(`no answer: ${output}`), why: wire.comment };
    }
    assert.equal(rows.length, 1, 'what is answered with Success is kept, once');
    const [row = assert.fail()] = rows;
    assert.equal(row.transferSyntaxUid, wire.transferSyntaxUid);
    assert.equal(row.sopClassUid, sample.sopClassUid);
    const file = await site.fileOf(row);
    assert.ok(splitFile(file).dataset.equals(wire.dataset), 'kept as it came');
    assert.deepEqual(identityOf(file), { sopInstanceUid: sample.sopInstanceUid, transferSyntaxUid: wire.transferSyntaxUid });
    const { dataset } = splitFile(await readFile(sample.path));
    const asIs = wire.transferSyntaxUid === sample.transferSyntaxUid && wire.dataset.equals(dataset);
    return asIs ? { outcome: 'as is' } : { outcome: 'as sent', why: '' };
  }

  #samplesOf(name: EncodingName): readonly Sample[] {
    return this.#ground.encoded.get(name) ?? assert.fail();
  }

  #private(what: 'class' | 'syntax'): Sample {
    return what === 'class' ? this.#ground.privateClass : this.#ground.privateSyntax;
  }
}

const severity = ({ outcome }: Cell): number => ['as is', 'as sent', 'refused'].indexOf(outcome);

/** As many as PS3.8 §9.3.2.2 has ids for: those of the files last, the same class in ever the same and other transfer syntaxes before. */
function manyContexts(samples: readonly Sample[]): ProposedContext[] {
  const needed = contextsOf(samples);
  const syntaxes = ['1.2.840.10008.1.2', ...['50', '51', '57', '70', '80', '81', '90', '91'].map((last) => `1.2.840.10008.1.2.4.${last}`)];
  const more = Array.from({ length: 128 - needed.length }, (_, at): ProposedContext => {
    const transferSyntaxUid = syntaxes[at % syntaxes.length] ?? assert.fail();
    return { sopClassUid: at < 64 ? ctImageStorage : '1.2.840.10008.5.1.4.1.1.4', transferSyntaxUid };
  });
  return [...more, ...needed];
}
