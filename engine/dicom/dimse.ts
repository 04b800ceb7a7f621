// The one module that imports dcmjs-dimse. Its bundle is UMD, so Node finds no named exports in it although its types promise them:
// a default import is the only form that works.
import type { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import dcmjsDimse from 'dcmjs-dimse';
import { GantryError } from '../errors/index.ts';

/** The release whose `_private` names were read and tested; the dependency is pinned to it. */
const testedVersion = '0.3.3';

/** UUID-derived (PS3.5 §B.2); fixed, it names this implementation in (0002,0012) and in negotiation (PS3.7 §D.3.3.2). */
export const implementationClassUid = '2.25.183761681873611158013519013032950987559';
/** At most 16 characters (PS3.7 §D.3.3.2.3). */
export const implementationVersionName = 'GANTRY_0_1';

export const { Association } = dcmjsDimse.association;
export type Association = InstanceType<typeof Association>;

/** PS3.8 Table 9-18. */
export const PresentationContextResult: {
  readonly Accept: number;
  readonly RejectAbstractSyntaxNotSupported: number;
  readonly RejectTransferSyntaxesNotSupported: number;
} = dcmjsDimse.constants.PresentationContextResult;

/** What the library's `Network`, the base of its `Scp`, has beside its declared members. */
interface NetworkInternals {
  /** Called by the constructor: listens on the socket, and starts timers. */
  _wrapSocket(): void;
  /** Reads a whole PDU and emits what is in it, or 'networkError'. Never rejects. */
  _processPdu(pdu: Buffer): Promise<void>;
}

export const Scp = dcmjsDimse.Scp as unknown as new (socket: Socket) => InstanceType<typeof dcmjsDimse.Scp> & NetworkInternals;

/**
 * Checks that the library is the release this room was written against, and that the undeclared members it leans on exist.
 * Throws GY301, which names what is missing.
 */
function checkLibrary(): void {
  const needed: readonly (readonly [string, object, readonly string[]])[] = [
    ['Scp', dcmjsDimse.Scp.prototype, ['_wrapSocket', '_processPdu']],
    ['Association', Association.prototype, ['addPresentationContext', 'getPresentationContexts']],
  ];
  const missing = needed.flatMap(([owner, prototype, names]) =>
    names.filter((name) => typeof Reflect.get(prototype, name) !== 'function').map((name) => `${owner}.${name}`),
  );
  if (dcmjsDimse.version !== testedVersion) missing.push(`version ${testedVersion} (found ${dcmjsDimse.version})`);
  if (missing.length > 0) throw new GantryError('GY301', `dcmjs-dimse lacks ${missing.join(', ')}`);
}

/**
 * The library renumbers presentation context ids that do not ascend, so that a legal proposal of 5, 1, 3 fails (Association.js
 * `addPresentationContext`). An id that is given is used; PS3.8 §9.3.2.2 asks for odd ids from 1 to 255, each once.
 */
function keepPresentationContextIds(): void {
  const { PresentationContext } = dcmjsDimse.association;
  Association.prototype.addPresentationContext = function (this: Association, abstractSyntaxUid: string, given?: number): number {
    const contexts = this.getPresentationContexts();
    const id = given ?? contexts.reduce((next, context) => Math.max(next, context.id + 2), 1);
    if (!Number.isInteger(id) || id % 2 !== 1 || id < 1 || id > 255)
      throw new Error(`presentation context id ${id} is not odd and below 256`);
    if (contexts.some((context) => context.id === id)) throw new Error(`presentation context id ${id} is proposed twice`);
    contexts.push({ id, context: new PresentationContext(id, abstractSyntaxUid) });
    return id;
  };
}

checkLibrary();
keepPresentationContextIds();
// The library takes over loglevel's root logger at level TRACE and writes whole associations to the console.
dcmjsDimse.log.setLevel('silent', false);
dcmjsDimse.Implementation.setImplementationClassUid(implementationClassUid);
dcmjsDimse.Implementation.setImplementationVersion(implementationVersionName);
