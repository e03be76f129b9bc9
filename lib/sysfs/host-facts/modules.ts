import { isUnknown, type Known, knownValue, mapKnown, UNREAD } from '../../base/known.ts';
import {
  type HostFacts,
  MACHINE_MODULES,
  type MachineModule,
  MODULE_PARAMETERS,
  type ModuleFacts,
} from '../../facts/host-facts.ts';
import { type HostReader, isFailure, knownOf } from '../../host/host-reader.ts';
import { MACHINE_PATHS, moduleListPaths, PROC_PATHS } from '../paths.ts';
import { readRelease } from './kernel.ts';
import { readModprobeLines } from './modprobe-lines.ts';

/** The folders of modules in the kernel sources, with which its module lists begin. */
const FOLDERS = [
  'kernel/arch/x86/kvm/',
  'kernel/drivers/vhost/',
  'kernel/drivers/net/tun.',
  'kernel/drivers/vfio/',
];

/**
 * The state of the modules that VMs need in the running kernel: loaded (a directory in `/sys/module`), built in
 * (`kernel/drivers/vfio/vfio.ko` in `modules.builtin`) or loadable (`modules.dep`), and the settings that prevent
 * loading: `blacklist` and `install` in modprobe.d(5), which libvirt respects (`modprobe -b`), and the kernel command
 * line.
 */
export function readModules(host: HostReader): HostFacts['modules'] {
  const release = knownValue(readRelease(host));
  const paths = release === undefined ? null : moduleListPaths(release);
  const [builtIn, loadable] = [paths?.builtIn, paths?.loadable].map((path) =>
    path === undefined ? null : readList(host, path),
  );
  const blocks = readBlocks(host);
  const facts = MACHINE_MODULES.map((name): readonly [MachineModule, ModuleFacts] => [
    name,
    {
      isLoaded: readIsLoaded(host, name),
      supply: supplyOf(name, builtIn ?? null, loadable ?? null),
      blocks: mapKnown(blocks, (lines) =>
        lines.filter(({ module }) => module === name).map(({ text }) => text),
      ),
    },
  ]);
  return Object.fromEntries(facts) as HostFacts['modules'];
}

function readIsLoaded(host: HostReader, name: MachineModule): Known<boolean> {
  const path = `${MACHINE_PATHS.modules}/${name}`;
  if (host.exists(path)) return true;
  const status = host.status(path);
  return isFailure(status) ? knownOf<never>(status) : status !== null;
}

function supplyOf(
  name: MachineModule,
  builtIn: Known<ReadonlySet<string>>,
  loadable: Known<ReadonlySet<string>>,
): ModuleFacts['supply'] {
  if (knownValue(builtIn)?.has(name)) return 'built-in';
  if (knownValue(loadable)?.has(name)) return 'loadable';
  if (isUnknown(loadable)) return loadable;
  // A container often has neither list of its kernel.
  if (builtIn === null && loadable === null) return UNREAD;
  return isUnknown(builtIn) ? builtIn : null;
}

/** The names of modules in a list: `kernel/drivers/vfio/pci/vfio-pci.ko.xz: kernel/…` is `vfio_pci`. */
function readList(host: HostReader, path: string): Known<ReadonlySet<string>> {
  return mapKnown(
    knownOf(host.readLines(path, FOLDERS)),
    (lines) => new Set(lines.flatMap((line) => /([\w-]+)\.ko/.exec(line)?.[1]?.replaceAll('-', '_') ?? [])),
  );
}

interface Block {
  readonly module: string;
  readonly text: string;
}

function readBlocks(host: HostReader): Known<readonly Block[]> {
  const spellings = MACHINE_MODULES.flatMap((name) => [...new Set([name, name.replaceAll('_', '-')])]);
  const prefixes = spellings.flatMap((name) => [`blacklist ${name}`, `install ${name}`]);
  const lines = readModprobeLines(host, prefixes);
  return mapKnown(lines, (all) => [
    ...argumentBlocks(host),
    ...all.flatMap(({ line, path }) => blockIn(line, path)),
  ]);
}

function blockIn(line: string, path: string): readonly Block[] {
  const [kind, name = '', ...command] = line.trim().split(/\s+/);
  // A command that loads it in another way does not prevent it.
  if (kind === 'install' && !/^(\/(usr\/)?s?bin\/)?(false|true)$/.test(command.join(' '))) return [];
  return [{ module: name.replaceAll('-', '_'), text: `${path}: ${line.trim()}` }];
}

/** `modprobe.blacklist=vfio-pci` and `module_blacklist=vfio_pci`. */
function argumentBlocks(host: HostReader): readonly Block[] {
  const line = host.readText(PROC_PATHS.commandLine);
  if (typeof line !== 'string') return [];
  return line.split(/\s+/).flatMap((word) => {
    const names = /^(?:modprobe\.|module_)blacklist=(.+)$/.exec(word)?.[1]?.split(',') ?? [];
    return names.map((name) => ({
      module: name.replaceAll('-', '_'),
      text: `kernel command line: ${word}`,
    }));
  });
}

/** `/sys/module/kvm_intel/parameters/nested`: `Y`, without the line end. */
export function readParameters(host: HostReader): HostFacts['parameters'] {
  const facts = MODULE_PARAMETERS.map((key) => {
    const [module, parameter] = key.split('.');
    const reading = host.readText(`${MACHINE_PATHS.modules}/${module}/parameters/${parameter}`);
    return [key, mapKnown(knownOf(reading), (text) => text.trim())] as const;
  });
  return Object.fromEntries(facts) as HostFacts['parameters'];
}
