import { createConnection, type Socket } from 'node:net';
import type { Channel, ChannelFailure } from '../channel.ts';
import { errorCode } from '../host-reader.ts';
import { ReadableBytes } from './readable-bytes.ts';

/** Connects to a unix socket of this machine. */
export function openLiveChannel(path: string, timeoutMs: number): Promise<Channel | ChannelFailure> {
  return new Promise((resolve) => {
    const socket = createConnection({ path, allowHalfOpen: false });
    const settle = (result: Channel | ChannelFailure): void => {
      clearTimeout(timer);
      socket.off('error', fail);
      if ('failed' in result) {
        socket.on('error', () => {});
        socket.destroy();
      }
      resolve(result);
    };
    const fail = (error: Error): void => settle(failureOf(errorCode(error)));
    const timer = setTimeout(() => settle({ failed: 'timeout', detail: 'ETIMEDOUT' }), timeoutMs);
    socket.once('error', fail);
    socket.once('connect', () => settle(new LiveChannel(socket)));
  });
}

function failureOf(detail: string): ChannelFailure {
  if (detail === 'ENOENT' || detail === 'ECONNREFUSED' || detail === 'ENOTSOCK') {
    return { failed: 'absent', detail };
  }
  if (detail === 'EACCES' || detail === 'EPERM') return { failed: 'denied', detail };
  // The queue of the socket is full: nothing takes connections.
  return { failed: detail === 'EAGAIN' ? 'timeout' : 'failed', detail };
}

class LiveChannel implements Channel {
  readonly #socket: Socket;
  readonly #bytes: ReadableBytes;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#bytes = new ReadableBytes(socket);
  }

  read(): Promise<Uint8Array | null> {
    return this.#bytes.read();
  }

  write(bytes: Uint8Array): Promise<boolean> {
    return new Promise((resolve) => {
      if (this.#socket.destroyed || !this.#socket.writable) {
        resolve(false);
        return;
      }
      // Where the connection ends first, Node does not always tell the writer.
      const closed = (): void => resolve(false);
      this.#socket.once('close', closed);
      this.#socket.write(bytes, (error) => {
        this.#socket.off('close', closed);
        resolve(error === undefined || error === null);
      });
    });
  }

  close(): void {
    this.#socket.destroy();
  }
}
