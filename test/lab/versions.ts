import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a root file system is made of, and when it was made. */
export interface LabVersions {
  /** `2026-11-22`. */
  readonly made: string;
  readonly mirror: string;
  /** The release of its kernel, as `uname -r` prints it. */
  readonly kernel: string;
  /** The Node that runs inside. */
  readonly node: string;
  /** The version of each Debian package in it, by its name. */
  readonly packages: Readonly<Record<string, string>>;
}

/** The record beside a root file system. */
const NAME = 'versions.json';

export function readVersions(folder: string): LabVersions {
  return JSON.parse(readFileSync(join(folder, NAME), 'utf8')) as LabVersions;
}

/** Writes the record of a root file system whose files are in `tree`, beside them. */
export function writeVersions(folder: string, tree: string, mirror: string): void {
  const packages = parsePackages(readFileSync(join(tree, 'var/lib/dpkg/status'), 'utf8'));
  const [, kernel] = /\blinux-image-(\d[^\s"]*)/.exec(Object.keys(packages).sort().join(' ')) ?? [];
  if (kernel === undefined) throw new Error('the root file system of the lab has no kernel');
  const versions: LabVersions = {
    made: new Date().toISOString().slice(0, 10),
    mirror,
    kernel,
    node: existsSync(join(tree, 'usr/local/bin/node')) ? process.version : nodeOf(packages),
    packages,
  };
  writeFileSync(join(folder, NAME), `${JSON.stringify(versions, null, 2)}\n`);
}

/** Debian's own: `v20.19.2` of the package `20.19.2+dfsg-1`. */
function nodeOf(packages: Readonly<Record<string, string>>): string {
  return `v${/^[\d.]+/.exec(packages['nodejs'] ?? '')?.[0]}`;
}

/** The installed packages in dpkg's database. */
function parsePackages(status: string): Readonly<Record<string, string>> {
  const records = status.split('\n\n').flatMap((record) => {
    const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(record)?.[1];
    const [name, version] = [field('Package'), field('Version')];
    const isInstalled = field('Status') === 'install ok installed';
    return name !== undefined && version !== undefined && isInstalled ? [[name, version] as const] : [];
  });
  return Object.fromEntries(records);
}

/** What of it makes a difference to tests, in a line. */
export function formatVersions({ made, kernel, node, packages }: LabVersions): string {
  const [qemu, libvirt] = [packages['qemu-system-x86'], packages['libvirt-daemon']];
  return `Linux ${kernel}, QEMU ${qemu}, libvirt ${libvirt}, Node ${node}, as Debian had them on ${made}`;
}
