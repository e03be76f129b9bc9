import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { PORTAL } from '../support/pci-program.ts';

/** Where the programs of a distribution keep their state, which must stay visible. */
const KEPT = ['apt', 'dpkg'];

/** `portal` as root, with a store of its own: that of the machine is neither read nor written. */
export interface PrivateStore {
  /** The directory that is `/var/lib/portal-gun`. */
  readonly path: string;
  portal(
    args: readonly string[],
  ): Promise<{ readonly exitCode: number | undefined; stdout: string; stderr: string }>;
}

/** Makes a store in a directory. It needs root, or user namespaces. */
export function privateStore(folder: string): PrivateStore {
  const lib = join(folder, 'lib');
  const path = join(lib, 'portal-gun');
  for (const name of ['portal-gun', ...KEPT]) mkdirSync(join(lib, name), { recursive: true });
  const script = join(folder, 'enter.sh');
  const mounts = KEPT.map(
    (name) => `[ ! -d /var/lib/${name} ] || mount --rbind /var/lib/${name} "$lib/${name}"`,
  );
  writeFileSync(
    script,
    ['set -eu', 'lib=$1', 'shift', ...mounts, 'mount --rbind "$lib" /var/lib', 'exec "$@"', ''].join('\n'),
  );
  const users = process.geteuid?.() === 0 ? [] : ['--user', '--map-root-user'];
  return {
    path,
    async portal(args) {
      const words = [...users, '--mount', '--propagation', 'private', 'sh', script, lib];
      const { exitCode, stdout, stderr } = await execa(
        'unshare',
        [...words, process.execPath, PORTAL, ...args],
        {
          reject: false,
        },
      );
      return { exitCode, stdout, stderr };
    },
  };
}

/** Why packages cannot be built from here; `null` if they can. */
export async function whyNoPackages(): Promise<string | null> {
  const { failed, stdout } = await execa('apt-get', ['indextargets', '--format', '$(SITE) $(RELEASE)'], {
    reject: false,
  });
  const [site, release] = stdout?.split('\n', 1)[0]?.split(' ') ?? [];
  if (failed || site === undefined || release === undefined) return 'apt-get has no archives here';
  const folder = mkdtempSync(join(tmpdir(), 'portal-gun-mirror-'));
  const words = ['download-file', `${site}/dists/${release}/InRelease`, join(folder, 'InRelease')];
  const helper = await execa('/usr/lib/apt/apt-helper', words, { reject: false, timeout: 30_000 });
  rmSync(folder, { recursive: true, force: true });
  return helper.failed ? `the mirror ${site} cannot be reached` : null;
}
