import { isUnknown, type Known, knownValue, UNREAD } from '../../../base/known.ts';
import type { OpenNode } from '../../../facts/host-use.ts';
import { resolveLink } from '../../../host/file/resolve-link.ts';
import { type DeviceNumber, type HostReader, knownOf } from '../../../host/host-reader.ts';
import { isPciAddress, type PciAddress } from '../../../pci/address.ts';
import { busEntryPath, groupPath, lastName, SYS_PATHS, USE_PATHS } from '../../paths.ts';
import { functionIn, readAttribute, readClass } from '../known-reading.ts';
import { regionFunctions } from '../storage/cxl-memory.ts';
import { isCommonNode, pciFileOf, subsystemByPath, withoutMark } from './node-names.ts';

type Functions = OpenNode['functions'];

const GROUP_NAME = /^(?:noiommu-)?(\d+)$/;
const NVIDIA_GPU = /^nvidia(\d+)$/;
/** Classes of nodes that nearly every process has open, and that belong to no device unless they are on a function. */
const PLAIN: ReadonlySet<string> = new Set(['mem', 'tty', 'vc', 'misc']);
/** Nodes of a driver for all of its devices: the node does not show which one is used. */
const SHARED: ReadonlySet<string> = new Set(['kfd', 'nvidia', 'hvc', 'sev', 'tee']);

/**
 * The slave of a pseudo-terminal, which every shell has open, and which sysfs does not have. UNIX98_PTY_SLAVE_MAJOR
 * and its 8 numbers.
 */
const PSEUDO_TERMINAL = /^(13[6-9]|14[0-3]):/;

/** Finds the devices of nodes, and their PCI functions: by number, or by name if there is no number. */
export class OpenNodes {
  readonly #host: HostReader;
  readonly #found = new Map<string, OpenNode | null>();
  #byName: ReadonlyMap<string, string> | undefined;
  #classes: readonly string[] | undefined;

  constructor(host: HostReader) {
    this.#host = host;
  }

  /**
   * The node that a process has open; `null` if it is of no device of the host.
   *
   * @param path as `/proc/PID/fd` has it
   * @param device its number; unknown on a captured host
   */
  node(path: string, device: Known<DeviceNumber>): OpenNode | null {
    const known = knownValue(device);
    const key = `${known === undefined ? '' : `${known.kind} ${known.number}`} ${path}`;
    const before = this.#found.get(key);
    if (before !== undefined) return before;
    const node = pciFile(path) ?? (known === undefined ? this.#named(path) : this.#numbered(path, known));
    this.#found.set(key, node);
    return node;
  }

  /** A node with only the last part of its path; `null` if no device has a node of that name. */
  named(name: string): OpenNode | null {
    const directory = this.#directoryOf(name);
    return directory === undefined
      ? null
      : this.#at(`/dev/${name}`, directory, directory.includes('/block/'));
  }

  #numbered(path: string, { kind, number }: DeviceNumber): OpenNode | null {
    if (kind === 'character' && PSEUDO_TERMINAL.test(number)) return null;
    const link = `${kind === 'block' ? SYS_PATHS.blockDevices : SYS_PATHS.characterDevices}/${number}`;
    const target = knownOf(this.#host.readLink(link));
    const directory = typeof target === 'string' ? resolveLink(link, target) : null;
    if (directory !== null) return this.#at(path, directory, kind === 'block');
    const subsystem = kind === 'block' ? 'block' : (subsystemByPath(path) ?? this.#majorName(number));
    const why = isUnknown(target) ? target : UNREAD;
    return this.#lost(path, subsystem, kind === 'character' ? minorName(subsystem, number) : null, why);
  }

  #named(path: string): OpenNode | null {
    const subsystem = subsystemByPath(path);
    const isOwn = path.startsWith('/dev/');
    if (isCommonNode(path) || (subsystem === null && !isOwn)) return null;
    // A deleted node, or one below another root, may belong to another device than the one with that name here.
    const isSure = isOwn && withoutMark(path) === path;
    const directory = isSure ? this.#directoryOf(path.slice('/dev/'.length)) : undefined;
    if (directory === undefined) return this.#lost(path, subsystem, null, UNREAD);
    return this.#at(path, directory, directory.includes('/block/'));
  }

  /** A node of a device that sysfs has. */
  #at(path: string, directory: string, isBlock: boolean): OpenNode | null {
    const name = lastName(directory);
    const own = functionIn(directory);
    const link = knownOf(this.#host.readLink(`${directory}/subsystem`));
    const linked = typeof link === 'string' ? lastName(link) : lastName(directory.slice(0, -name.length - 1));
    const subsystem = isBlock ? 'block' : (specialName(name) ?? linked);
    const block = isBlock ? name : genericBlock(name);
    const functions = own === null ? this.#virtual(subsystem, name, directory) : [own];
    const isPlain = PLAIN.has(subsystem) && knownValue(functions)?.length === 0;
    return isPlain ? null : { path, name, subsystem, block, functions };
  }

  /** A node of a device that sysfs does not have. */
  #lost(path: string, subsystem: string | null, byNumber: string | null, why: Known<never>): OpenNode {
    const name = byNumber ?? lastName(withoutMark(path));
    const [, gpu] = NVIDIA_GPU.exec(name) ?? [];
    const functions =
      subsystem === 'vfio' && GROUP_NAME.test(name)
        ? this.#group(name)
        : subsystem === 'nvidia' && gpu !== undefined
          ? this.#gpu(gpu)
          : subsystem === 'watchdog' && name === 'watchdog'
            ? this.#watchdog()
            : why;
    return {
      path,
      name,
      subsystem,
      block: subsystem === 'nvme-generic' ? genericBlock(name) : null,
      functions,
    };
  }

  /** The meaning of a device that is on no function. */
  #virtual(subsystem: string, name: string, directory: string): Functions {
    if (subsystem === 'dax') return regionFunctions(this.#host, directory);
    if (subsystem === 'vfio' && GROUP_NAME.test(name)) return this.#group(name);
    if (SHARED.has(subsystem)) return UNREAD;
    // The first watchdog has a second node, /dev/watchdog, which has no device in sysfs.
    if (subsystem === 'misc' && name === 'watchdog') return this.#watchdog();
    return [];
  }

  #group(name: string): Functions {
    const id = Number(GROUP_NAME.exec(name)?.[1]);
    const members = knownOf(this.#host.list(`${groupPath(id)}/devices`));
    if (members === null) return UNREAD;
    if (isUnknown(members)) return members;
    const functions: PciAddress[] = [];
    for (const member of members) {
      if (isPciAddress(member)) functions.push(member);
      else {
        // A mediated device: a directory of its parent.
        const target = knownOf(this.#host.readLink(`${groupPath(id)}/devices/${member}`));
        if (isUnknown(target)) return target;
        const parent = target === null ? null : functionIn(target);
        if (parent !== null) functions.push(parent);
      }
    }
    return functions;
  }

  /** `/proc/driver/nvidia/gpus/0000:01:00.0/information` has a line `Device Minor: 	 0`. */
  #gpu(minor: string): Functions {
    const gpus = knownOf(this.#host.list(USE_PATHS.nvidiaGpus));
    if (gpus === null) return UNREAD;
    if (isUnknown(gpus)) return gpus;
    for (const gpu of gpus) {
      const text = readAttribute(this.#host, `${USE_PATHS.nvidiaGpus}/${gpu}/information`);
      if (isUnknown(text)) return text;
      const own = /^Device Minor:\s*(\d+)$/m.exec(text ?? '')?.[1];
      if (own === minor && isPciAddress(gpu)) return [gpu];
    }
    return UNREAD;
  }

  #watchdog(): Functions {
    const watchdogs = readClass(this.#host, SYS_PATHS.watchdogClass);
    if (isUnknown(watchdogs)) return watchdogs;
    const first = watchdogs?.find(({ name }) => name === 'watchdog0');
    if (first === undefined) return UNREAD;
    return first.function === null ? [] : [first.function];
  }

  /** The owner of a major number: `195 nvidia` among the lines of `/proc/devices`. */
  #majorName(number: string): string | null {
    const text = knownValue(readAttribute(this.#host, USE_PATHS.majors)) ?? '';
    const [characters = ''] = text.split('Block devices:');
    const major = number.split(':')[0];
    return new RegExp(`^\\s*${major} (\\S+)$`, 'm').exec(characters)?.[1] ?? null;
  }

  /** The directory in sysfs of the device with a name below `/dev`. */
  #directoryOf(name: string): string | undefined {
    this.#byName ??= this.#readNames();
    const named = this.#byName.get(name);
    if (named !== undefined) return named;
    this.#classes ??= knownValue(knownOf(this.#host.list(SYS_PATHS.classes))) ?? [];
    for (const each of this.#classes) {
      const link = `${SYS_PATHS.classes}/${each}/${lastName(name)}`;
      const target = this.#host.readLink(link);
      const directory = typeof target === 'string' ? resolveLink(link, target) : null;
      // Devices of a class without nodes may have the same name.
      if (directory !== null && this.#host.exists(`${directory}/dev`)) return directory;
    }
    return undefined;
  }

  /** The devices with nodes, by the name that udev gives the node: `DEVNAME=bus/usb/001/004`. */
  #readNames(): ReadonlyMap<string, string> {
    const names = new Map<string, string>();
    for (const path of [SYS_PATHS.characterDevices, SYS_PATHS.blockDevices]) {
      for (const { directory } of knownValue(readClass(this.#host, path)) ?? []) {
        const uevent = knownValue(readAttribute(this.#host, `${directory}/uevent`)) ?? '';
        names.set(/^DEVNAME=(.*)$/m.exec(uevent)?.[1] ?? lastName(directory), directory);
      }
    }
    return names;
  }
}

/**
 * A file of sysfs that accesses a function, with its path on the bus, because the path in the device tree may be
 * long.
 */
function pciFile(path: string): OpenNode | null {
  const found = pciFileOf(path);
  if (found === null) return null;
  const { address, file } = found;
  return {
    path: `${busEntryPath(address)}/${file}`,
    name: file,
    subsystem: 'pci',
    block: null,
    functions: [address],
  };
}

/** The name of a device without an entry in sysfs, by its minor number. */
function minorName(subsystem: string | null, number: string): string | null {
  const minor = Number(number.split(':')[1]);
  return subsystem === 'nvidia' && number.startsWith('195:') && minor < 254 ? `nvidia${minor}` : null;
}

/** The subsystem of a device whose name is more specific than its class (`tty` and `misc`), or than its directory. */
function specialName(name: string): string | undefined {
  return /^(hvc|dax)\d+(?:\.\d+)?$/.exec(name)?.[1] ?? (name === 'sev' ? name : undefined);
}

/** The block device of a generic NVMe node: `nvme0n1` for `ng0n1`. */
function genericBlock(name: string): string | null {
  return /^ng\d+n\d+$/.test(name) ? name.replace(/^ng/, 'nvme') : null;
}
