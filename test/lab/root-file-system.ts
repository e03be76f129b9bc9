import { existsSync, readdirSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { DISK_SIZE, RECIPE, RECIPE_KEY } from './recipe.ts';
import { type LabVersions, readVersions, writeVersions } from './versions.ts';

/** The Debian that the lab boots and takes its QEMU from. */
export interface RootFileSystem {
  /** Its files, for programs to be run from. */
  readonly tree: string;
  /** The same as the raw image of an ext4 file system, with owners and devices. */
  readonly disk: string;
  readonly kernel: string;
  /** The initramfs: Debian's own, as hosts boot with it, and a quick one. */
  readonly initrd: { readonly systemd: string; readonly quick: string };
  readonly versions: LabVersions;
}

/** A command to be run: the program, its arguments, and what its environment needs beyond ours. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * A program of the root file system whose files are in `tree`, run outside of it and changing nothing: by its
 * own loader, with its own libraries.
 */
export function programOf(tree: string, path: string, args: readonly string[]): Command {
  const libraries = join(tree, 'usr/lib/x86_64-linux-gnu');
  return {
    program: join(libraries, 'ld-linux-x86-64.so.2'),
    args: ['--library-path', libraries, join(tree, path), ...args],
    env: { QEMU_MODULE_DIR: join(libraries, 'qemu') },
  };
}

/** So many of the last lines of what mmdebstrap said are shown where it fails. */
const SHOWN_LINES = 20;

/** Why there can be no lab here. */
export class LabUnavailable extends Error {}

/** Where root file systems are kept, a folder for each recipe. */
function cacheFolder(): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'portal-gun/lab');
}

/**
 * The root file system, made where it is not there yet: a minute or two, and 1.8 GB in the cache folder. What
 * is begun is finished or removed, and two that make it at once don't harm each other.
 *
 * @param say told of each step that takes a while
 * @throws LabUnavailable where this machine can't make it
 */
export async function rootFileSystem(
  say: (text: string) => void,
  signal?: AbortSignal,
): Promise<RootFileSystem> {
  return describe(
    await cachedFolder(RECIPE_KEY, (building, mirror) => make(building, mirror, { say, signal })),
  );
}

/** How something is made in the cache folder. */
export interface Making {
  /** Told of each step that takes a while. */
  readonly say: (text: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * A folder of the cache, filled where it is not there yet.
 *
 * @param key hexadecimal: names what is in it
 * @param fill puts it into a folder that becomes this one, from a mirror; `tree` is there
 * @throws LabUnavailable where this machine can't make it
 */
export async function cachedFolder(
  key: string,
  fill: (building: string, mirror: string) => Promise<void>,
): Promise<string> {
  const folder = join(cacheFolder(), key);
  if (existsSync(folder)) return folder;
  await assertPossible();
  const building = `${folder}.${process.pid}`;
  try {
    await mkdir(join(building, 'tree'), { recursive: true });
    await removeAbandoned();
    await fill(building, await debianMirror());
    await rename(building, folder).catch((error: unknown) => {
      // Another process was faster; its work is as good.
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(building, { recursive: true, force: true });
  }
  return folder;
}

function describe(folder: string): RootFileSystem {
  const tree = join(folder, 'tree');
  const boot = readdirSync(join(tree, 'boot'));
  const file = (prefix: string) => {
    const name = boot.find((candidate) => candidate.startsWith(prefix));
    if (name === undefined) throw new Error(`${join(tree, 'boot')} has no ${prefix}*`);
    return join(tree, 'boot', name);
  };
  return {
    tree,
    disk: join(folder, 'disk.img'),
    kernel: file('vmlinuz-'),
    initrd: { systemd: file('initrd.img-'), quick: file('lab-initrd.img') },
    versions: readVersions(folder),
  };
}

async function make(building: string, mirror: string, making: Making): Promise<void> {
  const archive = join(building, 'root.tar');
  const tree = join(building, 'tree');
  making.say(`Making the lab's root file system with mmdebstrap, from ${mirror}: once, in a minute or two.`);
  await runMmdebstrap("the lab's root file system", [...RECIPE, archive, mirror], making);
  making.say('Unpacking it, and making its disk.');
  const { program, args, env } = programOf(tree, 'usr/sbin/mke2fs', [
    ...['-q', '-t', 'ext4', '-d', archive, join(building, 'disk.img'), DISK_SIZE],
  ]);
  await unpack(archive, tree, making, async () => {
    await execa(program, args, { ...optionsOf(making), env });
  });
  writeVersions(building, tree, mirror);
}

function optionsOf({ signal }: Making) {
  return { ...(signal === undefined ? {} : { cancelSignal: signal }), stdin: 'ignore' } as const;
}

/** Unpacks an archive of mmdebstrap, without devices and as files of ours, and removes it after its last use. */
export async function unpack(
  archive: string,
  tree: string,
  making: Making,
  use: () => Promise<void> = async () => undefined,
): Promise<void> {
  const words = ['-C', tree, '--exclude=./dev/*', '--no-same-owner', '-xf', archive];
  await execa('tar', words, optionsOf(making));
  await use();
  await rm(archive);
}

/**
 * Runs mmdebstrap until its standard input ends, which it does with us: then all that it has started is told to end, at
 * once. Alone it would wait for what is under way, and killed it would leave a gigabyte, and mounts, in `/tmp`.
 */
const MMDEBSTRAP = `
exec 3<&0
{ read -r _ <&3; kill -TERM 0; } > /dev/null 2>&1 &
trap : TERM
mmdebstrap --quiet "$@" < /dev/null 3<&-
status=$?
kill $!
exit $status
`;

/** @throws LabUnavailable with the end of what it said; `what` it was to make */
export async function runMmdebstrap(
  what: string,
  args: readonly string[],
  { signal }: Making,
): Promise<void> {
  signal?.throwIfAborted();
  const words = [...modeOption(), ...(await proxyOption()), ...args];
  const running = execa('/bin/sh', ['-c', MMDEBSTRAP, 'sh', ...words], {
    // A process group of its own, to be told to end as one.
    detached: true,
    stdin: 'pipe',
    reject: false,
  });
  const end = () => running.stdin.end();
  signal?.addEventListener('abort', end);
  const { failed, stderr } = await running;
  signal?.removeEventListener('abort', end);
  signal?.throwIfAborted();
  if (!failed) return;
  const said = stderr.split('\n').slice(-SHOWN_LINES).join('\n');
  throw new LabUnavailable(`mmdebstrap could not make ${what}:\n${said}`);
}

/** Removes what was begun here by processes that are gone: one that was killed could not. */
async function removeAbandoned(): Promise<void> {
  for (const name of readdirSync(cacheFolder())) {
    const [, pid] = /^[0-9a-f]+\.(\d+)$/.exec(name) ?? [];
    if (pid === undefined || existsSync(`/proc/${pid}`)) continue;
    await rm(join(cacheFolder(), name), { recursive: true, force: true });
  }
}

async function assertPossible(): Promise<void> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new LabUnavailable(
      `the lab is a PC under Linux on x86-64; this is ${process.platform} on ${process.arch}`,
    );
  }
  for (const [program, debianPackage] of [
    ['mmdebstrap', 'mmdebstrap'],
    ['tar', 'tar'],
    ['setpriv', 'util-linux'],
    ...(isRoot() ? [] : [['newuidmap', 'uidmap'] as const]),
  ] as const) {
    // Not all of them have an option that does nothing: that they start is enough.
    const { exitCode } = await execa(program, ['--version'], { reject: false });
    if (exitCode === undefined)
      throw new LabUnavailable(`the lab needs ${program} (Debian: ${debianPackage}), which is not here`);
  }
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** Without root in a user namespace, and in no other way: what mmdebstrap would try instead makes another system. */
function modeOption(): readonly string[] {
  return isRoot() ? [] : ['--mode=unshare'];
}

/** The mirror that this machine's own apt is set up with, and Debian's own name for one where it has none. */
async function debianMirror(): Promise<string> {
  const format = ['--format', '$(REPO_URI)', 'Created-By: Packages'];
  const { stdout } = await execa('apt-get', ['indextargets', ...format], { reject: false });
  const mirrors = String(stdout ?? '')
    .split('\n')
    .filter((uri) => /\/debian\/?$/.test(uri));
  return mirrors[0] ?? 'http://deb.debian.org/debian';
}

/** mmdebstrap takes nothing from the machine's apt: a proxy that it needs has to be told. */
async function proxyOption(): Promise<readonly string[]> {
  const { stdout } = await execa('apt-config', ['dump', '--no-empty', 'Acquire::http::Proxy'], {
    reject: false,
  });
  const line = String(stdout ?? '').trim();
  return line === '' ? [] : [`--aptopt=${line.replace(/;$/, '')}`];
}
