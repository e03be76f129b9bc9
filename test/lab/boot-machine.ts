import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { AgentConnection, type PciOptions, type RunOptions, type RunResult } from './agent-connection.ts';
import { type LabMachine, MACHINES, type MachineName } from './machines.ts';
import { type Ending, powerOff } from './power-off.ts';
import { qemuCommand } from './qemu-command.ts';
import { programOf, type RootFileSystem } from './root-file-system.ts';

export interface BootOptions {
  /** A disk from {@link createDisk}, on which the next boot finds what this one wrote. Without one it forgets. */
  readonly disk?: string;
  /** `systemd` where services matter; the quick init otherwise. */
  readonly init?: 'quick' | 'systemd';
  /** An initial RAM disk in place of the root file system's: one that a machine made. */
  readonly initrd?: string;
  readonly kernelArguments?: readonly string[];
  /** Whether its disk is to boot by what an earlier boot installed there; arguments of the kernel are those that stand there. */
  readonly bootsItself?: boolean;
  /** Whether it can run machines of its own by KVM: as emulated as it is, and many times quicker than an emulator in it. */
  readonly nested?: boolean;
  readonly memoryMib?: number;
  /** Whether the terminal that we run in is to be the machine's, for {@link RunningMachine.shell}. */
  readonly terminal?: boolean;
  /** How long it may take until commands can be run. Where nothing is said, a boot that hangs is begun once more. */
  readonly bootTimeoutMs?: number;
  /** Told what is unusual and no failure; standard error by default. */
  readonly say?: (text: string) => void;
  /** Ends the machine at once. */
  readonly signal?: AbortSignal;
}

/** A machine of the lab that is up. */
export interface RunningMachine {
  /** The folder that is `/lab` inside, for files both ways. Gone after {@link end}. */
  readonly folder: string;
  /** How long it took until commands could be run. */
  readonly bootMs: number;
  run(words: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** The same, of which nothing but success is expected: gives what it printed. */
  output(words: readonly string[], options?: RunOptions): Promise<string>;
  /** Runs the built `pci`, as one of many in one process. */
  pci(args: readonly string[], options?: PciOptions): Promise<RunResult>;
  /** The same, of which nothing but success is expected. */
  pciOutput(args: readonly string[], options?: PciOptions): Promise<string>;
  /** A shell on the terminal that the machine has from us. */
  shell(user?: RunOptions['user']): Promise<RunResult>;
  signalAll(signal: NodeJS.Signals): void;
  /** What the kernel and the init printed. */
  console(): string;
  /** Powers off, and kills it if that takes too long; leaves no process and no file but a disk of the caller's. */
  end(): Promise<Ending>;
}

/** Under emulation, on a machine that has other things to do: the slowest seen is the one with an AMD IOMMU. */
const BOOT_TIMEOUT_MS = 400_000;
const CONSOLE_LINES = 60;
const CONSOLE_LOOK_MS = 500;

/** A disk that a machine writes to, over the image that all share. */
export async function createDisk(root: RootFileSystem, path: string): Promise<void> {
  const backing = ['-b', root.disk, '-F', 'raw'];
  const { program, args } = programOf(root.tree, 'usr/bin/qemu-img', [
    'create',
    '-q',
    '-f',
    'qcow2',
    ...backing,
    path,
  ]);
  await execa(program, args);
}

/** A machine that did not come up in time. */
class BootTimeout extends Error {}

/**
 * Boots a machine of the lab.
 *
 * @throws Error with the end of the machine's console where it does not come up in time
 */
export async function bootMachine(
  root: RootFileSystem,
  name: MachineName,
  options: BootOptions = {},
): Promise<RunningMachine> {
  try {
    return await bootOnce(root, name, options);
  } catch (error) {
    // Emulation loses a timer now and then, on a busy machine; what hangs twice hangs for a reason.
    if (!(error instanceof BootTimeout) || options.bootTimeoutMs !== undefined) throw error;
    const { say = sayOnStderr } = options;
    say(error.message);
    say(`booting ${name} once more`);
    return bootOnce(root, name, options);
  }
}

function sayOnStderr(text: string): void {
  process.stderr.write(`lab: ${text}\n`);
}

async function bootOnce(
  root: RootFileSystem,
  name: MachineName,
  options: BootOptions,
): Promise<RunningMachine> {
  const machine: LabMachine = MACHINES[name];
  const started = Date.now();
  const work = mkdtempSync(join(tmpdir(), 'portal-gun-lab-'));
  const folder = join(work, 'lab');
  mkdirSync(folder);
  // Whoever is inside may write to it; outside the folder around it keeps others away.
  chmodSync(folder, 0o777);
  const consoleLog = join(work, 'console.log');
  const socket = join(work, 'agent');
  const console = () => (existsSync(consoleLog) ? readFileSync(consoleLog, 'utf8') : '');
  const failure = (what: string, Kind: new (message: string) => Error = Error) => {
    const lines = console().trimEnd().split('\n').slice(-CONSOLE_LINES);
    return new Kind(`The lab's machine ${name} ${what}. The end of its console:\n${lines.join('\n')}`);
  };
  const server = createServer();
  const connected = new Promise<AgentConnection>((resolve) => {
    server.on('connection', (stream) => resolve(new AgentConnection(stream, () => failure('ended'))));
  });
  await new Promise<void>((resolve) => {
    server.listen(socket, resolve);
  });

  const { program, args, env } = qemuCommand({
    machine,
    root,
    disk: options.disk ?? null,
    init: options.init ?? 'quick',
    initrd: options.initrd ?? null,
    kernelArguments: options.kernelArguments ?? [],
    bootsItself: options.bootsItself ?? false,
    memoryMib: options.memoryMib ?? 2048,
    nested: options.nested ?? false,
    project: process.cwd(),
    folder,
    socket,
    consoleLog,
    terminal: options.terminal ?? false,
  });
  // It ends with us, also where we are killed.
  const qemu = execa('setpriv', ['--pdeathsig', 'KILL', program, ...args], {
    env: { ...env, TMPDIR: work },
    stdin: options.terminal === true ? 'inherit' : 'ignore',
    stdout: options.terminal === true ? 'inherit' : 'pipe',
    stderr: 'pipe',
    reject: false,
    forceKillAfterDelay: 5000,
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
  });
  const dispose = async () => {
    qemu.kill('SIGKILL');
    await qemu;
    server.close();
    rmSync(work, { recursive: true, force: true });
  };

  let agent: AgentConnection;
  try {
    const ended = qemu.then(({ stderr, exitCode }) => {
      throw failure(`ended (QEMU: exit ${exitCode}${stderr ? `, ${stderr}` : ''})`);
    });
    const { promise: late, cancel } = deadline(options.bootTimeoutMs ?? BOOT_TIMEOUT_MS, (ms) =>
      failure(`is not up after ${Math.round(ms / 1000)} s`, BootTimeout),
    );
    const panic = kernelPanic(console, () => failure('panicked'));
    try {
      agent = await Promise.race([connected, ended, late, panic.promise]);
      await Promise.race([agent.ready, ended, late, panic.promise]);
    } finally {
      cancel();
      panic.cancel();
    }
    for (const command of machine.prepare) {
      const { exitCode, stderr } = await agent.run(['sh', '-ec', command]);
      if (exitCode !== 0) throw failure(`could not be prepared: ${stderr}`);
    }
  } catch (error) {
    await dispose();
    throw error;
  }

  const bootMs = Date.now() - started;
  const end = () =>
    powerOff({
      name,
      agent,
      bootMs,
      keepsDisk: options.disk !== undefined,
      ended: qemu,
      panicked: () => hasPanicked(console()),
      say: options.say ?? sayOnStderr,
    }).finally(dispose);
  let ending: Promise<Ending> | undefined;

  return {
    folder,
    bootMs,
    run: (words, runOptions) => agent.run(words, runOptions),
    output: (words, runOptions) => agent.output(words, runOptions),
    pci: (words, pciOptions) => agent.pci(words, pciOptions),
    pciOutput: (words, pciOptions) => agent.pciOutput(words, pciOptions),
    shell: (user) => {
      const { rows = 24, columns = 80 } = process.stdout;
      return agent.shell({ rows, columns, type: process.env['TERM'] ?? 'linux' }, user);
    },
    signalAll: (signal) => agent.signalAll(signal),
    console,
    end: () => {
      ending ??= end();
      return ending;
    },
  };
}

function deadline(ms: number, error: (ms: number) => Error): { promise: Promise<never>; cancel: () => void } {
  let timer: NodeJS.Timeout | undefined;
  const promise = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(error(ms)), ms);
  });
  return { promise, cancel: () => clearTimeout(timer) };
}

function hasPanicked(console: string): boolean {
  return console.includes('Kernel panic');
}

/** Fails once the console shows that the kernel gave up: nothing more comes of it then. */
function kernelPanic(
  console: () => string,
  error: () => Error,
): { promise: Promise<never>; cancel: () => void } {
  let timer: NodeJS.Timeout | undefined;
  const promise = new Promise<never>((_, reject) => {
    timer = setInterval(() => {
      if (hasPanicked(console())) reject(error());
    }, CONSOLE_LOOK_MS);
  });
  return { promise, cancel: () => clearInterval(timer) };
}
