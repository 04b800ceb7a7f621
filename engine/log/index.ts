export { createLog, type Log, type LogFields, silentLog } from './log.ts';
