import { type Known, knownValue, mapKnown } from '../../base/known.ts';
import type { HostFacts, QemuSettings, QemuUser } from '../../facts/host-facts.ts';
import { type HostReader, isFailure, knownOf } from '../../host/host-reader.ts';
import { MACHINE_PATHS } from '../paths.ts';
import { readPresent } from './present-files.ts';

/** The users that distributions run QEMU as for libvirt: Debian and Ubuntu, and the others. */
const QEMU_USERS = ['libvirt-qemu', 'qemu'];
/** The groups with access to the nodes that VMs need. */
const NODE_GROUPS = ['kvm'];
const MOST_DESCRIPTORS = 64;

/** `security_driver = "none"` in `/etc/libvirt/qemu.conf`, which only root can read. */
export function readQemuSettings(host: HostReader): Known<QemuSettings> {
  return mapKnown(knownOf(host.readLines(MACHINE_PATHS.qemuSettings, ['security_driver'])), (lines) => ({
    securityDriver: settingIn(lines, 'security_driver'),
  }));
}

function settingIn(lines: readonly string[], name: string): string | null {
  const values = lines.flatMap(
    (line) => new RegExp(`^${name}\\s*=\\s*\\[?\\s*"([^"]{0,64})"`).exec(line)?.[1] ?? [],
  );
  return values.at(-1) ?? null;
}

/**
 * The user that runs VMs: the one in `/etc/libvirt/qemu.conf`, otherwise that of the distribution, with its groups.
 * From `libvirt-qemu:x:64055:992:Libvirt Qemu:…` in `/etc/passwd`, and `kvm:x:992:` in `/etc/group`. `null` if there
 * is none.
 */
export function readQemuUser(host: HostReader): Known<QemuUser> {
  const settings = host.readLines(MACHINE_PATHS.qemuSettings, ['user']);
  // If the file cannot be read, the usual user of the distribution is assumed.
  const named = Array.isArray(settings) ? settingIn(settings, 'user') : null;
  const names = named === null ? QEMU_USERS : [named.replace(/^\+/, '')];
  const users = host.readLines(
    MACHINE_PATHS.users,
    names.map((name) => `${name}:`),
  );
  return mapKnown(knownOf(users), ([line]) => {
    const [name = '', , userId = '', groupId = ''] = line?.split(':') ?? [];
    if (!/^\d+$/.test(userId) || !/^\d+$/.test(groupId)) return null;
    const groups = knownOf(
      host.readLines(
        MACHINE_PATHS.groups,
        NODE_GROUPS.map((group) => `${group}:`),
      ),
    );
    return mapKnown(groups, (lines) => ({
      name,
      userId: Number(userId),
      groupIds: [Number(groupId), ...lines.flatMap((group) => membership(group, name))],
    }));
  });
}

function membership(line: string, user: string): readonly number[] {
  const [, , id = '', members = ''] = line.split(':');
  return members.trim().split(',').includes(user) && /^\d+$/.test(id) ? [Number(id)] : [];
}

/**
 * The existing UEFI images that firmware descriptors name (docs/interop/firmware.json of QEMU): files in
 * `/usr/share/qemu/firmware` such as `60-edk2-x86_64.json`, with `"interface-types": ["uefi"]` and the `filename` of
 * the image.
 */
export function readUefiImages(host: HostReader): Known<readonly string[]> {
  const found = new Set<string>();
  for (const folder of MACHINE_PATHS.firmwareFolders) {
    const names = host.list(folder);
    if (isFailure(names)) return knownOf<never>(names);
    for (const name of (names ?? []).filter((each) => each.endsWith('.json')).slice(0, MOST_DESCRIPTORS)) {
      const text = host.readText(`${folder}/${name}`);
      if (isFailure(text)) return knownOf<never>(text);
      const image = text === null ? null : uefiImageIn(text);
      if (image !== null && knownValue(knownOf(host.status(image))) !== undefined) found.add(image);
    }
  }
  return [...found].sort();
}

function uefiImageIn(text: string): string | null {
  try {
    const descriptor = JSON.parse(text) as {
      'interface-types'?: unknown;
      mapping?: { executable?: { filename?: unknown }; filename?: unknown };
    } | null;
    const types = descriptor?.['interface-types'];
    if (!Array.isArray(types) || !types.includes('uefi')) return null;
    const path = descriptor?.mapping?.executable?.filename ?? descriptor?.mapping?.filename;
    return typeof path === 'string' && path.startsWith('/') ? path : null;
  } catch {
    return null;
  }
}

/** The folder of libvirt's hooks, and the hook for QEMU, which must be executable. */
export function readHooks(host: HostReader): HostFacts['hooks'] {
  return {
    folder: knownOf(host.list(MACHINE_PATHS.hooks)),
    program: readPresent(host, MACHINE_PATHS.hookProgram),
  };
}

/** `Y` in `/sys/module/apparmor/parameters/enabled`, and SELinux, which has a file system if it is active. */
export function readConfinement(host: HostReader): HostFacts['confinement'] {
  const apparmor = host.readText(MACHINE_PATHS.apparmor);
  const selinux = host.readText(MACHINE_PATHS.selinux);
  const found = [
    ...(typeof apparmor === 'string' && apparmor.startsWith('Y') ? ['apparmor'] : []),
    ...(typeof selinux === 'string' ? ['selinux'] : []),
  ];
  const failure = [apparmor, selinux].find(isFailure);
  return found.length === 0 && failure !== undefined ? knownOf<never>(failure) : found;
}
