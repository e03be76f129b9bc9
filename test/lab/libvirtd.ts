import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { assertNamespaces, ENTER_SCRIPT, SETTINGS, UNSHARE } from './libvirtd-namespaces.ts';
import { programOf, type RootFileSystem } from './root-file-system.ts';

export interface LibvirtdOptions {
  /** How long it may take until it answers. */
  readonly startTimeoutMs?: number;
  /** The files of another Debian, whose daemon and `virsh` are started in place of those of the lab. */
  readonly tree?: string;
  /** The hooks that it calls for VMs, by their names. They see {@link RunningLibvirtd.folder}, and no Node. */
  readonly hooks?: (folder: string) => Readonly<Record<string, string>>;
}

interface VirshResult {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * A libvirtd of the lab that answers: privileged as far as libvirt knows, with QEMU, network, node device,
 * storage, secret and nwfilter drivers. It sees the machine's own `/sys`, for reading, and has a network of
 * its own, without a link outside. Networks that need dnsmasq don't start: that wants a group of its own.
 */
export interface RunningLibvirtd {
  /** What `virsh --connect` takes. */
  readonly uri: string;
  /** A folder for `PATH`, with a `virsh` that works outside, and goes to this daemon where it is told no other. */
  readonly bin: string;
  /** A folder for files both ways, at the same path for the daemon and its guests. Gone after {@link end}. */
  readonly folder: string;
  /**
   * A folder with `lib`, `log` and `run`. The `portal-gun` of each is for the daemon what stands in `/var/lib`, `/var/log`
   * and `/run`: it sees nothing of those of this machine.
   */
  readonly state: string;
  /** How long it took until it answered. */
  readonly startMs: number;
  /** An exit status other than 0 is a result as any. Where a file is to be named, `/dev/stdin` can be. */
  virsh(args: readonly string[], options?: { readonly stdin?: string }): Promise<VirshResult>;
  /** The same, of which nothing but success is expected: gives what it printed. */
  output(args: readonly string[], options?: { readonly stdin?: string }): Promise<string>;
  /** What the daemon printed, and the logs of its guests. */
  log(): string;
  /** Ends it and its guests at once; leaves no process, no mount and no file. */
  end(): Promise<void>;
}

const START_TIMEOUT_MS = 180_000;
const END_TIMEOUT_MS = 60_000;
const VIRSH_TIMEOUT_MS = 180_000;
/** Of the kernel, for the path of a socket. */
const MAX_SOCKET_PATH_BYTES = 107;

/**
 * Starts the libvirtd of the lab's root file system, which it does not change. Any number can run at once. It
 * ends with us, also where we are killed.
 *
 * @throws LabUnavailable where this machine does not let this user
 * @throws Error with the daemon's log where it does not come up in time
 */
export async function startLibvirtd(
  root: RootFileSystem,
  options: LibvirtdOptions = {},
): Promise<RunningLibvirtd> {
  await assertNamespaces();
  const { tree = root.tree } = options;
  const started = Date.now();
  const work = mkdtempSync(join(tmpdir(), 'portal-gun-libvirtd-'));
  const socket = join(work, 'run/libvirt/libvirt-sock');
  const uri = `qemu:///system?socket=${encodeURIComponent(socket)}`;
  const at = (name: string) => join(work, name);
  try {
    if (Buffer.byteLength(socket) > MAX_SOCKET_PATH_BYTES) {
      throw new Error(`${socket} is too long for a socket: TMPDIR has to name a folder with a shorter path`);
    }
    for (const name of ['root', 'run', 'log', 'shared', 'bin', 'state']) mkdirSync(at(name));
    for (const name of ['lib', 'log', 'run']) mkdirSync(at(`state/${name}/portal-gun`), { recursive: true });
    cpSync(join(tree, 'etc/libvirt'), at('etc'), { recursive: true });
    for (const [name, text] of Object.entries(SETTINGS)) writeFileSync(join(at('etc'), name), text);
    for (const [name, text] of Object.entries(options.hooks?.(at('shared')) ?? {})) {
      mkdirSync(at('etc/hooks/qemu.d'), { recursive: true });
      writeFileSync(at(`etc/hooks/qemu.d/${name}`), text, { mode: 0o755 });
    }
    writeFileSync(at('bin/virsh'), virshWrapper(tree, uri), { mode: 0o755 });
    writeFileSync(at('enter.sh'), ENTER_SCRIPT);
    writeFileSync(at('output'), '');
  } catch (error) {
    rmSync(work, { recursive: true, force: true });
    throw error;
  }

  const [unshare = '', ...words] = UNSHARE;
  const busybox = join(root.tree, 'usr/bin/busybox');
  const daemon = execa(unshare, [...words, busybox, 'sh', at('enter.sh'), tree, work, root.tree], {
    // Nothing is written to it. That it is open is what keeps the daemon alive: the kernel closes it with us.
    stdin: 'pipe',
    stdout: { file: at('output') },
    stderr: { file: at('output') },
    buffer: false,
    reject: false,
  });

  const log = () => {
    const guests = existsSync(at('log/qemu')) ? readdirSync(at('log/qemu')) : [];
    const paths = [at('output'), ...guests.map((name) => join(at('log/qemu'), name))];
    return paths.map((path) => readFileSync(path, 'utf8')).join('\n');
  };
  const virsh = async (
    args: readonly string[],
    { stdin = '' }: { readonly stdin?: string } = {},
    timeoutMs = VIRSH_TIMEOUT_MS,
  ): Promise<VirshResult> => {
    // A file, since what Node makes for a child's standard input is a socket, which can't be opened as /dev/stdin.
    const input = join(mkdtempSync(at('stdin-')), 'text');
    writeFileSync(input, stdin);
    const words = ['-c', 'exec "$0" "$@" < "$INPUT"', at('bin/virsh'), ...args];
    const { exitCode, stdout, stderr, timedOut } = await execa('sh', words, {
      env: { INPUT: input, LC_ALL: 'C.UTF-8' },
      reject: false,
      stdin: 'ignore',
      stripFinalNewline: false,
      timeout: timeoutMs,
    });
    if (timedOut) throw new Error(`virsh ${args.join(' ')}: not done within ${timeoutMs / 1000} s\n${log()}`);
    return { exitCode, stdout, stderr };
  };
  const end = async () => {
    daemon.stdin.end();
    // It is gone when the last process of its namespaces is.
    const timer = setTimeout(() => daemon.kill('SIGKILL'), END_TIMEOUT_MS);
    await daemon;
    clearTimeout(timer);
    rmSync(work, { recursive: true, force: true });
  };

  try {
    const deadline = started + (options.startTimeoutMs ?? START_TIMEOUT_MS);
    const failure = (what: string) => new Error(`libvirtd ${what}. Its log:\n${log()}`);
    let hasEnded = false;
    void daemon.finally(() => {
      hasEnded = true;
    });
    let said = '';
    for (;;) {
      const leftMs = deadline - Date.now();
      if (hasEnded) throw failure('ended');
      if (leftMs <= 0) throw failure(`is not up in time (${said.trim() || 'it has no socket'})`);
      if (existsSync(socket)) {
        const { exitCode, stderr } = await virsh(['version', '--daemon'], {}, leftMs);
        if (exitCode === 0) break;
        said = stderr;
      }
      await sleep(50);
    }
  } catch (error) {
    await end();
    throw error;
  }

  return {
    uri,
    bin: at('bin'),
    folder: at('shared'),
    state: at('state'),
    startMs: Date.now() - started,
    virsh: (args, virshOptions) => virsh(args, virshOptions),
    async output(args, virshOptions) {
      const { exitCode, stdout, stderr } = await virsh(args, virshOptions);
      if (exitCode !== 0) throw new Error(`virsh ${args.join(' ')}: exit ${exitCode}\n${stderr}`);
      return stdout;
    },
    log,
    end,
  };
}

function virshWrapper(tree: string, uri: string): string {
  const { program, args } = programOf(tree, 'usr/bin/virsh', []);
  const command = [program, ...args].map(quoted).join(' ');
  return `#!/bin/sh\nexport LIBVIRT_DEFAULT_URI=${quoted(uri)}\nexec ${command} "$@"\n`;
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
