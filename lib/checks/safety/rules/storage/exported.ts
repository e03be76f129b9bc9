import { isUnknown, knownValue } from '../../../../base/known.ts';
import { quote, shellCommand } from '../../../../base/shell-command.ts';
import { isNodePath } from '../../../../facts/device-names.ts';
import type { StorageExport } from '../../../../facts/storage-use.ts';
import type { SafetyDevice } from '../../safety-fields.ts';
import {
  firstUnknown,
  listSome,
  type Observation,
  type SafetyRule,
  unknownFinding,
} from '../../safety-rule.ts';
import type { SafetyView } from '../../safety-view.ts';
import { mayHaveDisks } from '../../storage-view.ts';

export const exported: SafetyRule = {
  name: 'exported',
  title: 'the kernel exports one of its disks, or writes to it',
  severity: 'refuses',
  meaning:
    'A kernel target has one of its disks, partitions or files open: LIO (iSCSI, Fibre Channel, vhost-scsi), nvmet, SCST, RNBD, Xen blkback or a USB gadget. Other hosts or VMs lose the disk. One of its own ports may also be a target, for Fibre Channel or SRP. The heartbeat of an OCFS2 cluster and the crash log of pstore count too.',
  remedy: 'stop the export: targetcli, nvmetcli or scstadmin',
  find: (device, view) => {
    const { exports } = view.host.use;
    const all = knownValue(exports) ?? [];
    const own = all.filter((each) => isOn(each, device, view));
    if (own.length > 0) {
      const names = own.map(({ by, path }) => `${knownValue(path)} by ${by}`);
      return [
        {
          message: `contains disks that the kernel exports or writes to: ${listSome(names)}`,
          evidence: own.map(({ by, name, path }) => `${by} has ${name} on ${knownValue(path)}`),
          remedy: `stop the export: ${own.map(commandOf).join(' && ')}`,
        },
      ];
    }
    const port = findTargetPort(device, view);
    if (port !== null) return [port];
    if (!mayHaveDisks(device)) return [];
    const unread = firstUnknown(exports, ...all.map(({ path }) => path));
    if (unread !== undefined) return [unknownFinding('disks that the kernel exports', unread)];
    const lost = all
      .filter((each) => isLost(each, view))
      .map(({ by, path }) => `${knownValue(path)} by ${by}`);
    if (lost.length === 0) return [];
    return [
      {
        message: `cannot be checked: the devices of exported disks are unknown: ${listSome(lost)}`,
        evidence: lost,
        remedy: 'find that device: ls -l PATH; if it is not this device, --allow exported',
        isUnknown: true,
      },
    ];
  },
};

/** Classes of adapters that can be targets: Fibre Channel, InfiniBand, and network adapters with RDMA. */
const TARGETS = /^(0c04|0c06|02)/;

/** A port of the function through which other hosts access storage of this host. */
function findTargetPort(
  { address, class: kind, attachments }: SafetyDevice,
  { host }: SafetyView,
): Observation | null {
  const { targetPorts } = host.use;
  const code = knownValue(kind)?.code;
  const mayBe =
    code === undefined ||
    (TARGETS.test(code) &&
      (code.startsWith('0c') || (knownValue(attachments) ?? []).some((each) => each.kind === 'infiniband')));
  if (isUnknown(targetPorts)) {
    return mayBe ? unknownFinding('ports that export storage', targetPorts) : null;
  }
  const own = (targetPorts ?? []).filter((port) => port.function === address);
  const lost = mayBe ? (targetPorts ?? []).filter((port) => port.function === null) : [];
  const names = (own.length > 0 ? own : lost).map(({ name }) => name);
  if (names.length === 0) return null;
  return {
    message:
      own.length > 0
        ? `connects other hosts to storage of this host: ${listSome(names)}`
        : `cannot be checked: the adapter that exports ${listSome(names)} is unknown`,
    evidence: names.map((name) => `the target ${name} is enabled`),
    remedy: 'disable the target: targetcli or nvmetcli; or accept it: --allow exported',
    ...(own.length > 0 ? {} : { isUnknown: true }),
  };
}

/** An NVMe controller that is passed through as a whole. */
const CONTROLLER = /^\/dev\/(nvme\d+)$/;

function isOn({ path }: StorageExport, device: SafetyDevice, { storage }: SafetyView): boolean {
  const known = knownValue(path);
  if (known === undefined) return false;
  const stack = storage.stackOn(device.address);
  const controller = CONTROLLER.exec(known)?.[1];
  if (controller !== undefined) return controllersOf(device).includes(controller);
  if (stack.blocks.has(storage.blockAt(known)?.name ?? '')) return true;
  return !isNodePath(known) && storage.isFileOn(known, stack);
}

function controllersOf({ attachments }: SafetyDevice): readonly string[] {
  return (knownValue(attachments) ?? []).filter(({ kind }) => kind === 'nvme').map(({ name }) => name);
}

function isLost({ path }: StorageExport, { host, storage }: SafetyView): boolean {
  const known = knownValue(path) ?? '';
  const controller = CONTROLLER.exec(known)?.[1];
  if (controller === undefined) return isNodePath(known) && storage.blockAt(known) === undefined;
  const nodes = knownValue(host.use.deviceNodes) ?? [];
  if (nodes.some(({ name, subsystem }) => subsystem === 'nvme' && name === controller)) return false;
  return !host.devices.some(
    (device) => !isUnknown(device.attachments) && controllersOf(device).includes(controller),
  );
}

/** The command that ends an export, with names as in the folders of the kernel. */
function commandOf({ by, name }: StorageExport): string {
  const [first = '', second = '', third = ''] = name.split('/');
  switch (by) {
    case 'LIO':
      return shellCommand(
        'targetcli',
        `/backstores/${first.replace(/_\d+$/, '').replace('iblock', 'block')}`,
        'delete',
        second,
      );
    case 'nvmet':
      return `sh -c ${quote(`echo 0 > ${quote(`/sys/kernel/config/nvmet/subsystems/${first}/namespaces/${third}/enable`)}`)}`;
    case 'nvmet passthru':
      return `sh -c ${quote(`echo 0 > ${quote(`/sys/kernel/config/nvmet/subsystems/${first}/passthru/enable`)}`)}`;
    case 'USB gadget':
      return `sh -c ${quote(`echo > ${quote(`/sys/kernel/config/usb_gadget/${name}/file`)}`)}`;
    case 'SCST':
      return shellCommand('scstadmin', '-close_dev', first, '-handler', 'vdisk_blockio');
    case 'Xen blkback':
      return `detach it from the domain: xl block-detach (${name})`;
    case 'pstore':
      return 'rmmod pstore_blk';
    case 'OCFS2 heartbeat':
      return 'o2cb stop-heartbeat';
    default:
      return `stop the clients of ${by} that use ${quote(name)}`;
  }
}
