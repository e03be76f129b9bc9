import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';

/** What serves the console of a VM as QEMU does: one client at a time, and all that is printed also in a log. */
export interface ConsoleServer {
  /** What was typed so far. */
  readonly typed: () => string;
  /** Waits for a client. */
  connected(): Promise<void>;
  /** Prints, to the client if there is one, and to the log. */
  print(text: string | Uint8Array): void;
  /** Waits until something was typed. */
  expectTyped(text: string): Promise<void>;
  /** As when the VM stops. */
  stop(): void;
}

const WAIT_MS = 20_000;
const LOOK_MS = 10;

/** @param answer what the guest prints when that was typed */
export async function serveConsole(
  path: string,
  log: string,
  answer: (typed: string, print: (text: string) => void) => void = () => {},
): Promise<ConsoleServer> {
  let typed = '';
  let client: Socket | null = null;
  const server = createServer();
  const print = (text: string | Uint8Array): void => {
    appendFileSync(log, text);
    client?.write(text);
  };
  server.on('connection', (socket) => {
    client = socket;
    socket.on('error', () => {});
    socket.on('close', () => {
      client = null;
    });
    socket.on('data', (bytes: Buffer) => {
      typed += bytes.toString('latin1');
      answer(typed, print);
    });
  });
  server.listen(path);
  await once(server, 'listening');
  const until = async (what: string, holds: () => boolean): Promise<void> => {
    const deadline = Date.now() + WAIT_MS;
    while (!holds()) {
      if (Date.now() > deadline) throw new Error(`not in time: ${what}; typed: ${JSON.stringify(typed)}`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  };
  return {
    typed: () => typed,
    connected: () => until('a client', () => client !== null),
    print,
    expectTyped: (text) => until(JSON.stringify(text), () => typed.includes(text)),
    stop() {
      client?.destroy();
      server.close();
    },
  };
}
