import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import type { RunningLibvirtd } from './libvirtd.ts';

/** Connections to a libvirtd that can be ended, as by a restart of the daemon. */
export interface ConnectionProxy {
  readonly uri: string;
  /** Ends all connections; new ones are accepted. */
  cut(): void;
  /** Ends all connections, and accepts no others. */
  end(): Promise<void>;
}

export async function connectionProxy({ uri, folder }: RunningLibvirtd): Promise<ConnectionProxy> {
  const target = decodeURIComponent(uri.split('socket=')[1] ?? '');
  const path = join(folder, 'proxy');
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const daemon = connect(target);
    for (const socket of [client, daemon]) {
      sockets.add(socket);
      socket
        .on('error', () => undefined)
        .on('close', () => {
          client.destroy();
          daemon.destroy();
        });
    }
    client.pipe(daemon).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  return {
    uri: `qemu:///system?socket=${encodeURIComponent(path)}`,
    cut,
    end: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        cut();
      }),
  };
}
