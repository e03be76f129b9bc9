import { demandGoing } from '../../base/cancelled.ts';
import { PortalGunError } from '../../base/errors.ts';
import { isPackageName } from '../../machines/boot/package-lists.ts';
import { IMAGE_FOLDER, IMAGE_NAMES_FOLDER, imagePath } from '../../machines/boot/store-paths.ts';
import type { ImageRecord } from '../../machines/boot/store-records.ts';
import { parseSize } from '../../machines/definition/size.ts';
import { demandRoot } from '../change/demand-root.ts';
import type { HostSession } from '../session/host-session.ts';
import { demandStoreName, readImageRecords, writeRecord } from './boot-store.ts';
import { CUSTOMIZE_HOOKS, IMAGE_PACKAGES } from './image-recipe.ts';
import { refuseUsedFiles } from './machines-of-store.ts';
import { findSources } from './package-source.ts';
import { demandPrograms, runProgram, type WorkOptions, type Workshop, withWorkshop } from './work.ts';

/** Options of `portal image build`. */
export interface BuildImageOptions extends WorkOptions {
  /** `debian`. */
  readonly system: string;
  /** The release; that of the host by default. */
  readonly suite?: string | undefined;
  /** The name in the store; by default `debian`, and `debian-SUITE` if the release is given. */
  readonly name?: string | undefined;
  /** More packages. */
  readonly include?: readonly string[];
  /** The size that a guest sees: `2GiB`, the default. */
  readonly size?: string | undefined;
  readonly dryRun?: boolean;
}

/** An image that was, or would be, built. */
export interface BuiltImage {
  readonly name: string;
  readonly suite: string;
  readonly sizeBytes: number;
  readonly packages: readonly string[];
  /** The lines of the `sources.list` that the packages come from. */
  readonly sources: readonly string[];
  /** `null` if nothing was built. */
  readonly record: ImageRecord | null;
}

const DEFAULT_SIZE = '2GiB';
const MIN_BYTES = 512 * 2 ** 20;
/** The size of a minimal system, twice: as a directory, and as an image. */
const SCRATCH_BYTES = 1.5 * 2 ** 30;
const NEEDED = [
  { program: 'mmdebstrap', debianPackage: 'mmdebstrap' },
  { program: 'mke2fs', debianPackage: 'e2fsprogs' },
  { program: 'unshare', debianPackage: 'util-linux' },
];
const READ_ONLY = 0o444;
/** Fields of `dpkg-query`. */
const PACKAGE_FORM = ['--showformat=$', '{Package} $', '{Version}\n'].join('');

/**
 * Builds a root image of the distribution from its signed packages: a raw, sparse ext4 file system without a boot
 * loader, which the boot assets `debian` start.
 *
 * @throws PortalGunError BAD_ARGUMENT, PERMISSION_DENIED, NO_PACKAGES, TOOL_MISSING, TOOL_FAILED, FILE_EXISTS,
 *   NO_SPACE, HOST_LOCKED, STORE_FAILED
 * @throws Cancelled
 */
export async function buildImage(session: HostSession, options: BuildImageOptions): Promise<BuiltImage> {
  const { ports } = session;
  const { include = [] } = options;
  const sizeBytes = sizeOf(options.size ?? DEFAULT_SIZE);
  const wrong = include.find((name) => !isPackageName(name));
  if (wrong !== undefined) {
    throw new PortalGunError('BAD_ARGUMENT', `"${wrong}" is not a package name`, { subject: '--include' });
  }
  demandRoot(ports);
  const large = await ports.openLargeFiles();
  const found = await findSources(ports, large, options.suite ?? null);
  const { distribution, ofSuite: suite, sources } = found;
  if (options.system !== distribution.id) {
    throw new PortalGunError('BAD_ARGUMENT', `cannot be built from the packages of ${distribution.id}`, {
      subject: options.system,
      hint: `use ${distribution.id}; or import an image: portal boot import FILE`,
    });
  }
  await demandPrograms(ports, NEEDED);
  const ofSystem = options.suite === undefined ? distribution.id : `${distribution.id}-${suite}`;
  const name = options.name ?? ofSystem;
  demandStoreName(name, '--name');
  const packages = [...IMAGE_PACKAGES, ...include];
  const image: BuiltImage = { name, suite, sizeBytes, packages, sources, record: null };
  if ((await readImageRecords(ports)).some((each) => each.name === name)) {
    throw new PortalGunError('FILE_EXISTS', 'the store has an image with this name', {
      subject: name,
      hint: `use another name with --name, or remove it: portal image remove ${name}`,
    });
  }
  // A file that the store does not know may have overlays.
  if ((await large.status(imagePath(name))) !== null) await refuseUsedFiles(session, [imagePath(name)], name);
  if (options.dryRun === true) return image;
  return withWorkshop(ports, options, async (workshop) => ({
    ...image,
    record: await build(workshop, image, distribution.id),
  }));
}

async function build(workshop: Workshop, image: BuiltImage, distribution: string): Promise<ImageRecord> {
  const { large, scratch, signal, onProgress, ports } = workshop;
  const { name, suite, sizeBytes, packages, sources } = image;
  await large.demandSpace(scratch.path, SCRATCH_BYTES);
  await large.demandSpace(IMAGE_FOLDER, 0);
  const root = `${scratch.path}/root`;
  onProgress?.(`Installing ${distribution} ${suite} into a directory`);
  await runProgram(
    workshop,
    'unshare',
    [
      // Its mounts end with it, also if it is killed, so that the directory can be removed afterwards.
      ...['--mount', '--propagation', 'private', 'mmdebstrap'],
      ...['--variant=minbase', '--mode=root', '--format=directory', `--include=${packages.join(',')}`],
      ...CUSTOMIZE_HOOKS.map((hook) => `--customize-hook=${hook}`),
      ...[suite, root],
      ...sources,
    ],
    {
      failure: 'cannot install the packages',
      hint: 'check the network and the mirror in /etc/apt; or import an image: portal boot import FILE',
      environment: { TMPDIR: scratch.path },
      ...(onProgress === undefined ? {} : { onOutput: progressLines(onProgress) }),
    },
  );
  const versions = await runProgram(
    workshop,
    'dpkg-query',
    [`--admindir=${root}/var/lib/dpkg`, '--show', PACKAGE_FORM],
    { failure: 'cannot list the packages' },
  );
  onProgress?.('Writing the file system');
  const draft = `${scratch.path}/image`;
  await runProgram(
    workshop,
    'mke2fs',
    [
      '-q',
      '-t',
      'ext4',
      '-L',
      'portal-root',
      '-m',
      '1',
      '-E',
      'root_owner=0:0',
      '-d',
      root,
      draft,
      `${sizeBytes / 1024}k`,
    ],
    { failure: 'cannot write the file system', hint: 'use a larger --size' },
  );
  await scratch.remove('root');
  demandGoing(signal);
  const release = await ports.lock();
  try {
    onProgress?.('Storing the image');
    const content = await large.adopt(draft, imagePath(name), { mode: READ_ONLY, signal });
    const record: ImageRecord = {
      version: 1,
      name,
      format: 'raw',
      ...content,
      virtualBytes: content.sizeBytes,
      origin: {
        kind: 'packages',
        distribution: `${distribution} ${suite}`,
        packages: versions
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => ({ name: line.split(' ')[0] ?? '', version: line.split(' ')[1] ?? '' })),
      },
      createdAt: ports.now(),
    };
    await writeRecord(await ports.openFiles(), IMAGE_NAMES_FOLDER, record);
    return record;
  } finally {
    release();
  }
}

/** The lines in which mmdebstrap reports its progress: `I: running apt-get update...`. */
function progressLines(onProgress: (line: string) => void): (text: string) => void {
  return (text) => {
    for (const [, line = ''] of text.matchAll(/^I: (.+)$/gm)) onProgress(line);
  };
}

function sizeOf(text: string): number {
  let bytes: number;
  try {
    bytes = parseSize(text);
  } catch (error) {
    if (!(error instanceof PortalGunError)) throw error;
    throw new PortalGunError('BAD_ARGUMENT', error.message, { subject: '--size', hint: error.hint });
  }
  if (bytes >= MIN_BYTES) return bytes;
  throw new PortalGunError('BAD_ARGUMENT', 'is too small for the system', {
    subject: '--size',
    hint: 'use at least 512MiB',
  });
}
