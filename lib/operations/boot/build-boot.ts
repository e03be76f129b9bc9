import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { demandGoing } from '../../base/cancelled.ts';
import { PortalGunError } from '../../base/errors.ts';
import { PROTOCOL } from '../../guest/agent/greeting.ts';
import { packGuest } from '../../machines/boot/guest-archive.ts';
import { BOOT_PROFILES, type BootProfile, modulesOf } from '../../machines/boot/guest-modules.ts';
import { defaultKernelPackage, isKernelPart, type PackageFacts } from '../../machines/boot/package-lists.ts';
import type { BootRecord } from '../../machines/boot/store-records.ts';
import { demandRoot } from '../change/demand-root.ts';
import type { HostSession } from '../session/host-session.ts';
import { findKernel, takeModules, uncompressKernel } from './kernel-of-tree.ts';
import { openPackageSource, type PackageSource } from './package-source.ts';
import { storeBoot } from './store-boot.ts';
import { demandPrograms, type WorkOptions, type Workshop, withWorkshop } from './work.ts';

/** Options of `portal boot build`. */
export interface BuildBootOptions extends WorkOptions {
  readonly profile: string;
  /** The release that the kernel is from; that of the host by default. */
  readonly suite?: string | undefined;
  /** The kernel package; that of the newest kernel by default. */
  readonly kernelPackage?: string | undefined;
  /** More modules than the profile has, by name. */
  readonly modules?: readonly string[];
  /** Whether only the packages are found, and nothing is built. */
  readonly dryRun?: boolean;
}

/** Boot assets that were, or would be, built. */
export interface BuiltBoot {
  readonly profile: BootProfile;
  readonly distribution: string;
  readonly packages: readonly PackageFacts[];
  /** Modules that were asked for, and that the kernel does not have as modules. */
  readonly missingModules: readonly string[];
  /** `null` if nothing was built. */
  readonly record: BootRecord | null;
}

const BUSYBOX = 'busybox-static';
const MAX_BUSYBOX_BYTES = 64 * 1024 * 1024;
/** Its possible paths in the package. */
const BUSYBOX_PLACES = ['root/bin/busybox', 'root/usr/bin/busybox'];
/** The packages, their content, and the uncompressed kernel. */
const SCRATCH_BYTES = 1.5 * 2 ** 30;
const NEEDED = [{ program: 'dpkg-deb', debianPackage: 'dpkg' }];

const compress: (bytes: Uint8Array, options: { level: number }) => Promise<Uint8Array> = promisify(gzip);

/**
 * Builds a kernel and an initramfs from the signed packages of the distribution of the host, and stores them. Nothing
 * is installed on the host.
 *
 * @throws PortalGunError BAD_ARGUMENT, PERMISSION_DENIED, NO_PACKAGES, TOOL_MISSING, TOOL_FAILED, NOT_FOUND, NO_SPACE,
 *   UNKNOWN_IMAGE, HOST_LOCKED, STORE_FAILED
 * @throws Cancelled
 */
export async function buildBoot(session: HostSession, options: BuildBootOptions): Promise<BuiltBoot> {
  const { ports } = session;
  const profile = profileOf(options.profile);
  demandRoot(ports);
  return withWorkshop(ports, options, async (workshop) => {
    const source = await openPackageSource(workshop, options.suite ?? null);
    await demandPrograms(ports, NEEDED);
    const kernelPackage =
      options.kernelPackage ?? defaultKernelPackage(source.distribution, source.architecture);
    const packages = [...(await kernelParts(source, kernelPackage)), await source.show(BUSYBOX)];
    const distribution = `${source.distribution.id} ${source.suite}`;
    const built = { profile, distribution, packages, missingModules: [], record: null };
    if (options.dryRun === true) return built;
    await workshop.large.demandSpace(workshop.scratch.path, SCRATCH_BYTES);
    await source.unpack(packages.map(({ name }) => name));
    return { ...built, ...(await build(session, workshop, built, kernelPackage, options.modules ?? [])) };
  });
}

async function build(
  session: HostSession,
  workshop: Workshop,
  { profile, distribution, packages }: BuiltBoot,
  kernelPackage: string,
  more: readonly string[],
): Promise<Pick<BuiltBoot, 'record' | 'missingModules'>> {
  const { ports, large, scratch, signal, onProgress } = workshop;
  const { version, bytes: kernel } = await findKernel(workshop, kernelPackage);
  const asked = more.map((name) => name.replaceAll('-', '_'));
  const modules = await takeModules(workshop, version, new Set([...modulesOf(profile), ...asked]));
  const busybox = await readBusybox(workshop);
  const uncompressed = await uncompressKernel(workshop, kernel);
  onProgress?.('Packing the initramfs');
  const initrd = await compress(packGuest({ busybox, kernelVersion: version, modules }), { level: 9 });
  // The unpacked files are no longer needed, and the store needs the space.
  await scratch.remove('root');
  demandGoing(signal);
  onProgress?.('Storing the files');
  const elf = uncompressed.bytes;
  const contents = [kernel, initrd, ...(elf === null ? [] : [elf])];
  const record = await storeBoot(
    session,
    large,
    contents,
    ([ofKernel = null, ofInitrd = null, ofElf = null]) => ({
      version: 1,
      name: profile,
      kernelVersion: version,
      kernel: ofKernel,
      elf: ofElf,
      whyNoElf: uncompressed.why,
      initrd: ofInitrd,
      agent: PROTOCOL,
      origin: {
        kind: 'packages',
        distribution,
        packages: packages.map(({ name, version: ofPackage }) => ({ name, version: ofPackage })),
      },
      createdAt: ports.now(),
    }),
  );
  const files = [...modules.keys()].map((path) => path.replace(/^.*\/|\.ko$/g, '').replaceAll('-', '_'));
  return { record, missingModules: asked.filter((name) => !files.includes(name)) };
}

function profileOf(name: string): BootProfile {
  if (Object.hasOwn(BOOT_PROFILES, name)) return name as BootProfile;
  throw new PortalGunError('BAD_ARGUMENT', 'no such profile', {
    subject: name,
    hint: `use one of ${Object.keys(BOOT_PROFILES).join(', ')}`,
  });
}

/** A kernel package, or those that it stands for: `linux-image-amd64` depends on the newest kernel. */
async function kernelParts(source: PackageSource, name: string): Promise<readonly PackageFacts[]> {
  const found = new Map<string, PackageFacts>();
  const visit = async (each: string): Promise<void> => {
    if (found.has(each)) return;
    const facts = await source.show(each);
    found.set(each, facts);
    for (const dependency of facts.depends.filter(isKernelPart)) await visit(dependency);
  };
  await visit(name);
  return [...found.values()];
}

async function readBusybox({ scratch }: Workshop): Promise<Uint8Array> {
  const files = await scratch.list('root');
  const place = BUSYBOX_PLACES.find((each) => files.includes(each));
  if (place !== undefined) return scratch.read(place, MAX_BUSYBOX_BYTES);
  throw new PortalGunError('UNKNOWN_IMAGE', 'has no busybox', { subject: BUSYBOX });
}
