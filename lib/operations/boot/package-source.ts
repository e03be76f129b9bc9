import { PortalGunError } from '../../base/errors.ts';
import type { HostPorts } from '../../host/host-ports.ts';
import { isFailure } from '../../host/host-reader.ts';
import type { LargeFiles } from '../../host/large-files.ts';
import {
  type Distribution,
  INDEX_TARGETS,
  isPackageName,
  type PackageFacts,
  parsePackage,
  readDistribution,
  sourceLines,
} from '../../machines/boot/package-lists.ts';
import { firstReading } from '../../sysfs/host-facts/present-files.ts';
import { MACHINE_PATHS } from '../../sysfs/paths.ts';
import { runProgram, type Workshop } from './work.ts';

const IMPORT_HINT =
  'import files of your own: portal boot import FILE (a kernel, an initramfs, a disk image, a kernel package)';
const OFFLINE_HINT = `check the network and the mirror in /etc/apt; or ${IMPORT_HINT}`;

/**
 * The signed packages of a distribution, from the archives of the host. The package state of the host is not changed.
 */
export interface PackageSource {
  readonly distribution: Distribution;
  readonly suite: string;
  /** The architecture in the words of the distribution: `amd64`. */
  readonly architecture: string;
  /** The lines of a `sources.list`. */
  readonly sources: readonly string[];
  /** @throws PortalGunError NOT_FOUND if there is no such package */
  show(name: string): Promise<PackageFacts>;
  /**
   * Downloads packages and unpacks them below `root` of the scratch directory, without their scripts.
   *
   * @throws PortalGunError TOOL_FAILED
   */
  unpack(names: readonly string[]): Promise<void>;
}

/**
 * Opens the archives of the distribution of the host, with private package lists.
 *
 * @param suite `null` for the release of the host
 * @throws PortalGunError NO_PACKAGES, BAD_ARGUMENT, TOOL_MISSING, TOOL_FAILED
 */
export async function openPackageSource(workshop: Workshop, suite: string | null): Promise<PackageSource> {
  const { scratch, onProgress } = workshop;
  const { sources, distribution, ofSuite } = await findSources(workshop.ports, workshop.large, suite);
  for (const folder of ['lists/partial', 'cache/archives/partial', 'packages']) {
    await scratch.makeFolder(`apt/${folder}`);
  }
  await scratch.write('apt/sources.list', sources.map((line) => `${line}\n`).join(''));
  const options = privateState(`${scratch.path}/apt`);
  onProgress?.(`Fetching the package lists of ${distribution.origin} ${ofSuite}`);
  await runProgram(workshop, 'apt-get', [...options, 'update'], {
    failure: 'cannot fetch the package lists',
    hint: OFFLINE_HINT,
  });
  const architecture = await runProgram(workshop, 'dpkg', ['--print-architecture'], { failure: 'failed' });

  return {
    distribution,
    suite: ofSuite,
    architecture: architecture.trim(),
    sources,
    async show(name) {
      const failure = `has no package ${name}`;
      const found = isPackageName(name)
        ? await runProgram(workshop, 'apt-cache', [...options, 'show', '--no-all-versions', name], {
            failure,
          })
        : '';
      const facts = parsePackage(found);
      if (facts !== null) return facts;
      throw new PortalGunError('NOT_FOUND', `no such package in ${distribution.origin} ${ofSuite}`, {
        subject: name,
      });
    },
    async unpack(names) {
      onProgress?.(`Downloading ${names.join(', ')}`);
      const folder = `${scratch.path}/apt/packages`;
      await runProgram(workshop, 'apt-get', [...options, 'download', ...names], {
        folder,
        failure: 'cannot download the packages',
        hint: OFFLINE_HINT,
      });
      for (const file of await scratch.list('apt/packages')) {
        await unpackPackage(workshop, `${scratch.path}/${file}`);
        await scratch.remove(file);
      }
    },
  };
}

/** Unpacks a package below `root` of the scratch directory; its scripts do not run. */
export async function unpackPackage(workshop: Workshop, file: string): Promise<void> {
  const { scratch, onProgress } = workshop;
  onProgress?.(`Unpacking ${file.split('/').at(-1) ?? file}`);
  await runProgram(workshop, 'dpkg-deb', ['--extract', file, `${scratch.path}/root`], {
    failure: 'cannot unpack the package',
    hint: 'install dpkg; or unpack the package elsewhere and import the kernel: portal boot import FILE',
  });
}

/** The archives of the distribution of a host. */
export interface FoundSources {
  /** The lines of a `sources.list`. */
  readonly sources: readonly string[];
  readonly distribution: Distribution;
  readonly ofSuite: string;
}

/**
 * Finds the archives that a host gets the packages of its distribution from.
 *
 * @param suite `null` for the release of the host
 * @throws PortalGunError NO_PACKAGES, BAD_ARGUMENT
 */
export async function findSources(
  ports: HostPorts,
  large: LargeFiles,
  suite: string | null,
): Promise<FoundSources> {
  const release = firstReading(MACHINE_PATHS.distribution, (path) => ports.reader.readText(path));
  const distribution = release === null || isFailure(release) ? null : readDistribution(release);
  if (distribution === null) throw noPackages('is not a release of Debian or Ubuntu', '/etc/os-release');
  if (suite !== null && !/^[a-z][a-z0-9-]{0,30}$/.test(suite)) {
    throw new PortalGunError('BAD_ARGUMENT', `does not take "${suite}"`, {
      subject: '--suite',
      hint: 'use the codename of a release: bookworm, trixie, sid',
    });
  }
  const run = await ports.runner.run('apt-get', INDEX_TARGETS);
  if (run.kind === 'missing') throw noPackages('is not installed', 'apt-get');
  if (run.kind === 'failed' || run.exitCode !== 0) throw noPackages('does not list its archives', 'apt-get');
  const keyring = await firstFile(large, distribution.keyrings);
  if (keyring === null) throw noPackages('does not exist', distribution.keyrings[0] ?? '');
  const ofSuite = suite ?? distribution.codename;
  const sources = sourceLines(run.stdout, distribution, ofSuite, keyring);
  if (sources.length > 0) return { sources, distribution, ofSuite };
  throw noPackages(`names no archive of ${distribution.origin} ${distribution.codename}`, '/etc/apt');
}

function noPackages(message: string, subject: string): PortalGunError {
  return new PortalGunError('NO_PACKAGES', message, { subject, hint: IMPORT_HINT });
}

async function firstFile(large: LargeFiles, paths: readonly string[]): Promise<string | null> {
  for (const path of paths) {
    if ((await large.status(path)) !== null) return path;
  }
  return null;
}

/** The options by which apt uses its own configuration, but neither reads nor changes its state. */
function privateState(folder: string): readonly string[] {
  const settings = {
    'Dir::State': folder,
    'Dir::State::lists': `${folder}/lists`,
    'Dir::State::status': '/dev/null',
    'Dir::Cache': `${folder}/cache`,
    'Dir::Etc::sourcelist': `${folder}/sources.list`,
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::Etc::preferences': '/dev/null',
    'Dir::Etc::preferencesparts': '/dev/null',
    // Only root can write the scratch directory.
    'APT::Sandbox::User': 'root',
    'APT::Update::Error-Mode': 'any',
    'Acquire::Languages': 'none',
    'Acquire::Retries': '2',
  };
  return [
    '--quiet',
    ...Object.entries(settings).flatMap(([name, value]) => ['--option', `${name}=${value}`]),
  ];
}
