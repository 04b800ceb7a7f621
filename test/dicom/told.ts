import { type ReceivedPdu, readResponse } from './raw-peer.ts';

/** What comes back, a PDU a word: its type, and of A-ASSOCIATE-RJ and A-ABORT the bytes that say why. */
export function told(answers: readonly ReceivedPdu[]): readonly string[] {
  return answers.map((answer) => {
    const { type, body } = answer;
    if (type === 0x02) return 'A-ASSOCIATE-AC';
    if (type === 0x03) return `A-ASSOCIATE-RJ ${body[1]}/${body[2]}/${body[3]}`;
    if (type === 0x04) {
      const { commandField, status } = readResponse([answer]);
      return `response ${commandField.toString(16)} ${status.toString(16).padStart(4, '0')}`;
    }
    if (type === 0x06) return 'A-RELEASE-RP';
    return type === 0x07 ? `A-ABORT ${body[2]}/${body[3]}` : `PDU ${type}`;
  });
}
