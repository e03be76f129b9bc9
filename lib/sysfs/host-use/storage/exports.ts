import { BROKEN, isUnknown, type Known, knownValue, mapKnown, UNREAD } from '../../../base/known.ts';
import type { StorageExport } from '../../../facts/storage-use.ts';
import { type HostReader, knownOf } from '../../../host/host-reader.ts';
import { CRASH_LOG_PATHS, lastName, modulePath, SYS_PATHS } from '../../paths.ts';
import { readAttribute } from '../known-reading.ts';

/** One way in which the kernel offers storage to others. */
interface Exporter {
  readonly by: string;
  /** The module that is loaded while it is used. */
  readonly module: string;
  readonly folder: string;
  /** Folders below it, each a pattern of names. */
  readonly below: readonly RegExp[];
  readonly read: (host: HostReader, folder: string) => Known<string>;
}

const ANY = /^/;

/** The paths of enabled or possibly enabled exports. */
const EXPORTERS: readonly Exporter[] = [
  {
    by: 'LIO',
    module: 'target_core_mod',
    folder: SYS_PATHS.targets,
    below: [/^(iblock|fileio|pscsi|user)_\d+$/, ANY],
    read: readBackstore,
  },
  {
    by: 'nvmet',
    module: 'nvmet',
    folder: SYS_PATHS.nvmeTargets,
    below: [ANY, /^namespaces$/, ANY],
    read: (host, folder) => readSwitched(host, folder, 'device_path'),
  },
  {
    by: 'nvmet passthru',
    module: 'nvmet',
    folder: SYS_PATHS.nvmeTargets,
    below: [ANY, /^passthru$/],
    read: (host, folder) => readSwitched(host, folder, 'device_path'),
  },
  {
    by: 'USB gadget',
    module: 'usb_f_mass_storage',
    folder: SYS_PATHS.usbGadgets,
    below: [ANY, /^functions$/, /^mass_storage\./, /^lun\./],
    read: (host, folder) => orNone(readAttribute(host, `${folder}/file`)),
  },
  {
    by: 'SCST',
    module: 'scst',
    folder: SYS_PATHS.scstDevices,
    below: [ANY],
    // The first line is the path; "[key]" below it means that it is not the default.
    read: (host, folder) =>
      mapKnown(readAttribute(host, `${folder}/filename`), (text) =>
        orNone(text.split('\n')[0]?.trim() ?? ''),
      ),
  },
  {
    by: 'Xen blkback',
    module: 'xen_blkback',
    folder: SYS_PATHS.xenBackends,
    below: [/^vbd-/],
    read: readBackend,
  },
  {
    by: 'OCFS2 heartbeat',
    module: 'ocfs2_nodemanager',
    folder: SYS_PATHS.clusters,
    below: [ANY, /^heartbeat$/, ANY],
    read: (host, folder) => mapKnown(orNone(readAttribute(host, `${folder}/dev`)), (name) => `/dev/${name}`),
  },
  {
    by: 'RNBD',
    module: 'rnbd_server',
    folder: SYS_PATHS.rnbdDevices,
    below: [ANY],
    read: (host, folder) =>
      mapKnown(knownOf(host.readLink(`${folder}/block_dev`)), (target) => `/dev/${lastName(target)}`),
  },
];

/**
 * The disks, partitions and files that the kernel offers to other hosts or VMs. `null` if it offers none. UNREAD if
 * one of the modules is loaded, and its configuration is not visible, as in a container.
 */
export function readExports(host: HostReader): Known<readonly StorageExport[]> {
  const found: StorageExport[] = [];
  for (const exporter of EXPORTERS) {
    const top = knownOf(host.list(exporter.folder));
    if (isUnknown(top)) return top;
    if (top === null) {
      const module = knownOf(host.list(modulePath(exporter.module)));
      if (isUnknown(module)) return module;
      if (module !== null) return UNREAD;
      continue;
    }
    const folders = foldersBelow(host, exporter.folder, exporter.below);
    if (isUnknown(folders)) return folders;
    for (const folder of knownValue(folders) ?? []) {
      const path = exporter.read(host, folder);
      if (path !== null)
        found.push({ by: exporter.by, name: folder.slice(exporter.folder.length + 1), path });
    }
  }
  for (const parameter of CRASH_LOG_PATHS) {
    const path = orNone(readAttribute(host, parameter));
    if (path !== null) found.push({ by: 'pstore', name: 'blkdev', path: mapKnown(path, pathOfTag) });
  }
  return found.length === 0 ? null : found;
}

/** The path for a block device in the form of a kernel argument: `PARTUUID=…`, `8:1`. */
function pathOfTag(text: string): string {
  const partition = /^PARTUUID=(.+)$/.exec(text)?.[1];
  if (partition !== undefined) return `/dev/disk/by-partuuid/${partition.toLowerCase()}`;
  return text.startsWith('/') ? text : `/dev/${text}`;
}

function foldersBelow(host: HostReader, top: string, patterns: readonly RegExp[]): Known<readonly string[]> {
  let folders: readonly string[] = [top];
  for (const pattern of patterns) {
    const next: string[] = [];
    for (const folder of folders) {
      const names = knownOf(host.list(folder));
      if (isUnknown(names)) return names;
      next.push(...(names ?? []).filter((name) => pattern.test(name)).map((name) => `${folder}/${name}`));
    }
    folders = next;
  }
  return folders;
}

/**
 * `udev_path` of a backstore, which is free text; `info` of an active one shows the device:
 *
 *     iBlock device: sda  UDEV PATH: /dev/disk/by-id/x  readonly: 0
 *             Major: 8 Minor: 0  CLAIMED: IBLOCK
 */
function readBackstore(host: HostReader, folder: string): Known<string> {
  const isOn = readEnabled(host, folder);
  if (isOn === false) return null;
  const info = knownValue(readAttribute(host, `${folder}/info`)) ?? '';
  const device = /iBlock device: (\S+)/.exec(info)?.[1];
  if (device !== undefined) return `/dev/${device}`;
  const file = /TCM FILEIO ID: \d+\s+File: (\S+)/.exec(info)?.[1];
  const path = orNone(readAttribute(host, `${folder}/udev_path`));
  return path === null ? (file ?? (isOn === true ? UNREAD : null)) : path;
}

/** `physical_device`: the number of the block device in hex, `8:1`. */
function readBackend(host: HostReader, folder: string): Known<string> {
  return mapKnown(orNone(readAttribute(host, `${folder}/physical_device`)), (text) => {
    const [, major, minor] = /^([0-9a-f]+):([0-9a-f]+)$/i.exec(text) ?? [];
    if (major === undefined || minor === undefined) return BROKEN;
    const number = `${Number.parseInt(major, 16)}:${Number.parseInt(minor, 16)}`;
    const target = knownOf(host.readLink(`${SYS_PATHS.blockDevices}/${number}`));
    // Otherwise a path that leads to no known device.
    return mapKnown(target, (link) => `/dev/${lastName(link)}`) ?? `/dev/block/${number}`;
  });
}

function readSwitched(host: HostReader, folder: string, file: string): Known<string> {
  const isOn = readEnabled(host, folder);
  if (isOn === false || isOn === null) return null;
  return isUnknown(isOn) ? isOn : orNone(readAttribute(host, `${folder}/${file}`));
}

/** `enable`: 0 or 1, or unknown; the export counts unless it is 0. */
function readEnabled(host: HostReader, folder: string): Known<boolean> {
  return mapKnown(readAttribute(host, `${folder}/enable`), (text) => text !== '0');
}

function orNone(path: Known<string>): Known<string> {
  return mapKnown(path, (text) => (/^(|\(null\)|none)$/.test(text) ? null : text));
}
