import { bootMachine } from '../lab/boot-machine.ts';
import { rootFileSystem } from '../lab/root-file-system.ts';

// Boots the lab's large machine, and measures in it.

const interruption = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => interruption.abort());

const root = await rootFileSystem((text) => process.stderr.write(`${text}\n`), interruption.signal);
const machine = await bootMachine(root, 'large', { signal: interruption.signal });
try {
  await machine.output(['start-libvirt']);
  await machine.output(['node', '/portal-gun/test/bench/inside-lab.mjs'], {
    timeoutMs: 3_600_000,
    onOutput: (stream, bytes) => process[stream].write(bytes),
  });
} finally {
  await machine.end();
}
