import type { HostReader } from '../../lib/host/host-reader.ts';
import { SnapshotHost } from '../../lib/host/snapshot/snapshot-host.ts';
import { buildHost } from './host-builder.ts';
import type { FunctionSpec } from './host-spec.ts';
import type { HostTree } from './host-tree.ts';

const CLASSES = ['graphics', 'vtconsole', 'tty', 'input', 'tpm', 'sound', 'drm', 'watchdog', 'block', 'net'];
const MOUNTS = [
  '22 1 0:21 / /proc rw - proc proc rw',
  '23 1 0:22 / /sys rw - sysfs sysfs rw',
  '24 1 0:5 / /dev rw - devtmpfs udev rw',
  '29 1 0:77 / / rw - tmpfs rootfs rw',
];

/**
 * A host on which all facts for safety rules are known, and nothing is in use; `change` adds a use. An open file of a
 * process is a link in its `fd`, known by name.
 */
export function idleHost(
  functions: readonly FunctionSpec[],
  change: (tree: HostTree) => void = () => {},
): HostReader {
  return new SnapshotHost(
    buildHost({
      label: 'idle',
      functions,
      change: (tree) => {
        putIdleUse(tree);
        change(tree);
      },
    }),
  );
}

function putIdleUse(tree: HostTree): void {
  for (const name of CLASSES) tree.directory(`/sys/class/${name}`);
  for (const path of ['/sys/fs', '/sys/dev/block', '/sys/bus/mdev/devices', '/proc/asound'])
    tree.directory(path);
  tree.text('/proc/self/mountinfo', MOUNTS.map((line) => `${line}\n`).join(''));
  tree.text('/proc/swaps', 'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n');
  tree.text('/proc/iomem', '00001000-0009ffff : System RAM\n');
  tree.text(
    '/proc/net/route',
    'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n',
  );
  tree.text('/proc/net/fib_trie', 'Local:\n  |-- 127.0.0.1\n     /32 host LOCAL\n');
  tree.text('/proc/net/if_inet6', '00000000000000000000000000000001 01 80 10 80       lo\n');
  tree.text('/proc/net/ipv6_route', '');
  for (const pid of ['1', 'self']) {
    tree.attribute(`/proc/${pid}/comm`, 'init');
    tree.attribute(`/proc/${pid}/stat`, '1 (init) S 0 1 1 0');
    tree.text(`/proc/${pid}/environ`, '');
    tree.directory(`/proc/${pid}/fd`);
  }
  tree.link('/proc/self/ns/pid', 'pid:[4026531836]');
  tree.attribute('/sys/devices/virtual/tty/tty0/dev', '4:0');
  tree.linkTo('/sys/class/tty/tty0', '/sys/devices/virtual/tty/tty0');
  tree.attribute('/sys/devices/virtual/tty/console/active', 'tty0');
  tree.attribute('/sys/devices/virtual/net/lo/flags', '0x9');
  tree.attribute('/sys/devices/virtual/net/lo/uevent', 'INTERFACE=lo');
  tree.attribute('/sys/devices/virtual/net/lo/operstate', 'unknown');
}

/** A process with open files. */
export function putProcess(tree: HostTree, pid: number, command: string, ...paths: readonly string[]): void {
  tree.attribute(`/proc/${pid}/comm`, command);
  tree.text(`/proc/${pid}/cmdline`, `${command}\0`);
  tree.attribute(`/proc/${pid}/stat`, `${pid} (${command}) S 1 1 1 0`);
  tree.text(`/proc/${pid}/environ`, '');
  for (const [index, path] of paths.entries()) tree.link(`/proc/${pid}/fd/${index + 3}`, path);
}
