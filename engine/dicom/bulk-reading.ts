import { Buffer } from 'node:buffer';
import { Socket } from 'node:net';

/** Four of the largest P-DATA-TFs that are announced by default. */
const readBytes = 262_144;
/** One for all sockets of this thread: what is read is handled, or copied, before the next read begins. */
const shared = Buffer.allocUnsafeSlow(readBytes);

/** What libuv's stream handle has beside its declared members. */
interface StreamHandle {
  useUserBuffer(buffer: Buffer): void;
}

/**
 * The same connection, read into one buffer that stays: Node's own reading makes a new one of 64 kB each time, whose collection costs
 * more than the reading. `onread` does it (https://nodejs.org/api/net.html#new-netsocketoptions), but can be given to new sockets only, so an
 * accepted one hands its handle over. The bytes of a 'data' event are valid during it, no longer. `accepted` must not have been read
 * yet; where Node does not let it go, it is answered itself.
 */
export function readInBulk(accepted: Socket): Socket {
  const owner = accepted as unknown as { _handle: StreamHandle | null };
  const handle = owner._handle;
  // On Windows a read is under way for as long as a socket is idle, so sockets cannot share a buffer.
  if (typeof handle?.useUserBuffer !== 'function' || process.platform === 'win32') {
    accepted.resume();
    return accepted;
  }
  const { remoteAddress } = accepted;
  owner._handle = null;
  const options = {
    handle,
    onread: {
      buffer: shared,
      callback(length: number, buffer: Buffer): boolean {
        socket.emit('data', buffer.subarray(0, length));
        return true;
      },
    },
  };
  const socket = new Socket(options as unknown as ConstructorParameters<typeof Socket>[0]);
  Object.defineProperty(socket, 'remoteAddress', { value: remoteAddress });
  // The server counts connections by the sockets that it made.
  socket.once('close', () => accepted.destroy());
  // In the next turn, when whoever is handed the socket listens to it.
  process.nextTick(() => socket.resume());
  return socket;
}
