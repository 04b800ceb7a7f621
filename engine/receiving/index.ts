export { type Receiving, startReceiving } from './receiving.ts';
export { startReceivingThreads } from './receiving-threads.ts';
