import { spawn } from 'node:child_process';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Guests } from '../../lib/apply/changeable-host.ts';
import type {
  GuestAgent,
  GuestExecOptions,
  GuestExit,
  GuestFileMode,
} from '../../lib/guest/agent/guest-agent.ts';

/** The directories of a guest that scripts name. */
const PATHS = /(?<![\w.}"/-])\/(etc|var|proc|sys|run|home|srv|root|opt|data|config)(?=[/\s'";)]|$)/gm;
/** What portal-gun keeps in a guest for itself. */
const OWN = 'var/lib/portal';

/**
 * The guest of a machine in a directory of this host: scripts run with a real shell and real programs, and the paths in them
 * lead into the directory. It stands for what a shell does with files; what only a running system has, such as mounts and
 * services, is tested in VMs.
 */
export class LocalGuest implements GuestAgent {
  readonly root: string;
  readonly hello = { protocol: 1, bootId: 'a-boot', uptimeSeconds: 1, capabilities: ['exec'] };
  /** The scripts that it ran. */
  scripts = 0;
  readonly #shell: readonly string[];
  readonly #programs: string;

  /** @param shell the words of a shell, and the directory of its programs */
  constructor(shell: readonly string[] = ['sh'], programs = process.env['PATH'] ?? '/usr/bin:/bin') {
    this.#shell = shell;
    this.#programs = programs;
    this.root = mkdtempSync(join(tmpdir(), 'portal-gun-guest-'));
    process.on('exit', () => rmSync(this.root, { recursive: true, force: true }));
    this.write('/proc/sys/kernel/hostname', 'old\n');
    this.write('/proc/mounts', '');
    this.write('/etc/passwd', 'root:x:0:0::/root:/bin/sh\n');
    this.write('/etc/group', 'root:x:0:\ntty:x:5:\n');
  }

  /** Writes a file of the guest, as something in it would. */
  write(path: string, content: string | Uint8Array, mode = 0o644): void {
    const at = join(this.root, path);
    mkdirSync(dirname(at), { recursive: true });
    writeFileSync(at, content, { mode });
  }

  async put(path: string, content: Uint8Array, { mode }: GuestFileMode): Promise<void> {
    this.write(path, content, mode);
  }

  read(path: string): string {
    return readFileSync(join(this.root, path), 'utf8');
  }

  exec(script: string, { input }: GuestExecOptions = {}): Promise<GuestExit> {
    this.scripts += 1;
    const [program = 'sh', ...args] = this.#shell;
    const child = spawn(program, [...args, '-c', script.replace(PATHS, `${this.root}/$1`)], {
      env: { PATH: this.#programs },
      stdio: 'pipe',
    });
    const parts = { out: [] as Buffer[], err: [] as Buffer[] };
    child.stdout.on('data', (piece: Buffer) => parts.out.push(piece));
    child.stderr.on('data', (piece: Buffer) => parts.err.push(piece));
    child.stdin.on('error', () => undefined);
    child.stdin.end(input ?? '');
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (status) =>
        resolve({
          ended: { kind: 'exit', status: status ?? 255 },
          ...{ out: Buffer.concat(parts.out), err: Buffer.concat(parts.err) },
        }),
      );
    });
  }

  async get(path: string): Promise<Uint8Array> {
    return readFileSync(join(this.root, path));
  }

  onEvent(): () => void {
    return () => undefined;
  }

  close(): void {}

  /** All files of the guest with owners and modes, but for what portal-gun keeps in it. */
  state(): string {
    const names = readdirSync(this.root, { recursive: true, encoding: 'utf8' }).sort();
    return names
      .filter((name) => !name.startsWith(OWN) && !OWN.startsWith(name))
      .map((name) => {
        const at = join(this.root, name);
        const status = lstatSync(at);
        const owned = `${(status.mode & 0o7777).toString(8)} ${status.uid}:${status.gid}`;
        if (status.isSymbolicLink()) return `${name} -> ${readlinkSync(at)}`;
        return `${name} ${owned} ${status.isFile() ? readFileSync(at, 'utf8') : '/'}`;
      })
      .join('\n');
  }
}

/** The guests of a machine of tests: one for each name, made when it is first asked. */
export class LocalGuests implements Guests {
  readonly all = new Map<string, LocalGuest>();

  async open(machine: string): Promise<LocalGuest> {
    const known = this.all.get(machine) ?? new LocalGuest();
    this.all.set(machine, known);
    return known;
  }

  forget(): void {}

  state(): string {
    return [...this.all].map(([name, guest]) => `${name}\n${guest.state()}`).join('\n');
  }
}
