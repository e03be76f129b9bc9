import type { ChangeableHost } from '../../lib/apply/changeable-host.ts';
import { type HostReader, isFailure } from '../../lib/host/host-reader.ts';
import type { Runner } from '../../lib/host/runner.ts';
import { NO_NAMES } from '../../lib/pci/pci-ids.ts';
import { SimulatedHost } from '../../lib/simulation/simulated-host.ts';
import { readInventory } from '../../lib/sysfs/device/read-inventory.ts';
import { readRegisteredDrivers } from '../../lib/sysfs/device/registered-drivers.ts';
import { LocalGuests } from './local-guest.ts';
import { MemoryFiles } from './memory-files.ts';
import { SimulatedIp } from './simulated-ip.ts';
import { SimulatedLibvirt } from './simulated-libvirt.ts';
import { runQemuImg } from './simulated-qemu-img.ts';

/** A simulated host for applying plans: its kernel, its programs and its disk. */
export interface SimulatedMachine extends ChangeableHost {
  readonly kernel: SimulatedHost;
  readonly ip: SimulatedIp;
  readonly files: MemoryFiles;
  readonly libvirt: SimulatedLibvirt;
  /** The loaded modules without a PCI driver. */
  readonly modules: Set<string>;
  readonly guests: LocalGuests;
}

export function simulateMachine(captured: HostReader): SimulatedMachine {
  const kernel = new SimulatedHost(captured);
  const ip = new SimulatedIp(kernel);
  const files = new MemoryFiles();
  const libvirt = new SimulatedLibvirt();
  const modules = new Set<string>();
  const runner = programsOf(kernel, ip, files, libvirt, modules);
  const guests = new LocalGuests();
  const reader = withModules(kernel, modules);
  return { kernel, ip, reader, writer: ip, runner, files, libvirt, modules, guests };
}

/** Modules without a PCI driver, because a simulated host knows only PCI drivers. */
const OTHER_MODULES: readonly string[] = ['kvm_intel', 'tun', 'vhost_net'];

/** The process of its libvirt, which a signal makes look for hooks. */
const LIBVIRT_PID = '1234';
const LIBVIRT: ReadonlyMap<string, string> = new Map([
  ['/run/libvirtd.pid', LIBVIRT_PID],
  [`/proc/${LIBVIRT_PID}/comm`, 'libvirtd\n'],
]);

/** A host with some of them loaded. */
function withModules(kernel: SimulatedHost, modules: ReadonlySet<string>): HostReader {
  const isModule = (path: string): boolean =>
    OTHER_MODULES.some((name) => path === `/sys/module/${name}` && modules.has(name));
  return {
    label: kernel.label,
    readBytes: (path) => kernel.readBytes(path),
    readText: (path) => LIBVIRT.get(path) ?? kernel.readText(path),
    readLink: (path) => kernel.readLink(path),
    list: (path) => kernel.list(path),
    status: (path) => kernel.status(path),
    deviceNumber: (path) => kernel.deviceNumber(path),
    exists: (path) => isModule(path) || kernel.exists(path),
    readLines: (path, prefixes) => kernel.readLines(path, prefixes),
    readTable: (path) => kernel.readTable(path),
  };
}

const GRUB = '/boot/grub/grub.cfg';
/** The initramfs: the early program at the time when it was made. */
const IMAGE = '/boot/initrd.img';
const EARLY_PROGRAM = '/etc/portal-gun/early-bindings';
const HOOK = '/etc/initramfs-tools/hooks/portal-gun';

/**
 * `ip` for links and VFs, `virsh`, `modprobe`, `update-initramfs` with the hook of portal-gun, and `update-grub` with
 * the settings of portal-gun; there is no other program.
 */
function programsOf(
  kernel: SimulatedHost,
  ip: SimulatedIp,
  { files }: MemoryFiles,
  libvirt: SimulatedLibvirt,
  modules: Set<string>,
): Runner {
  return {
    async run(program, args, options) {
      if (program === 'ip') return ip.run(args);
      if (program === 'virsh') return libvirt.run(program, args, options);
      if (program === 'qemu-img') return runQemuImg(files, args);
      if (program === 'update-initramfs') {
        const held = files.has(HOOK) ? files.get(EARLY_PROGRAM) : undefined;
        if (held === undefined) files.delete(IMAGE);
        else {
          files.set('/var/lib/portal-gun/initramfs', `${/^# token (.*)$/m.exec(held)?.[1]}\n`);
          files.set(IMAGE, held);
        }
        return { kind: 'exited', exitCode: 0, stdout: '', stderr: '' };
      }
      if (program === 'update-grub') {
        const ours = files.get('/etc/default/grub.d/zz-portal-gun.cfg') ?? '';
        const words = [...ours.matchAll(/^GRUB.* (\S+)"$/gm)].map(([, word]) => word);
        files.set(GRUB, `\tlinux /vmlinuz root=/dev/vda ro quiet ${words.join(' ')}\n`);
        return { kind: 'exited', exitCode: 0, stdout: '', stderr: '' };
      }
      if (program === 'kill') {
        libvirt.callsHooks = args.at(-1) === LIBVIRT_PID;
        return { kind: 'exited', exitCode: 0, stdout: '', stderr: '' };
      }
      if (program !== 'modprobe') return { kind: 'missing' };
      const driver = args.at(-1) ?? '';
      const isRemoval = args.includes('-r');
      if (OTHER_MODULES.includes(driver)) {
        if (isRemoval) modules.delete(driver);
        else modules.add(driver);
        return { kind: 'exited', exitCode: 0, stdout: '', stderr: '' };
      }
      if (!isRemoval) kernel.loadDriver(driver);
      const exitCode = isRemoval && !kernel.unloadDriver(driver) ? 1 : 0;
      return { kind: 'exited', exitCode, stdout: '', stderr: '' };
    },
    open: (program, args) => libvirt.open(program, args),
  };
}

/** The state of a machine that plans change, one line each, for comparisons. */
export function stateOf({ kernel, ip, files, libvirt, modules, guests }: SimulatedMachine): string {
  const { devices } = readInventory(kernel, NO_NAMES, ['driver', 'driverOverride', 'netInterfaces', 'sriov']);
  const lines = devices.map(({ address, driver, driverOverride, netInterfaces, sriov }) =>
    [address, driver, driverOverride, netInterfaces, sriov]
      // The kernel's name of an interface depends on the free names, and udev renames it.
      .map((each) => JSON.stringify(each).replace(/"eth\d+"/, '"eth"'))
      .join(' '),
  );
  const drivers = readRegisteredDrivers(kernel);
  if (drivers === null || isFailure(drivers)) throw new Error('a simulated machine has drivers');
  const kept = [...files.files].map((each) => each.join('\n'));
  return [
    ...lines,
    ...drivers.map(({ name }) => `driver ${name}`),
    ...[...modules].map((name) => `module ${name}`),
    ...ip.state(),
    ...kept.sort(),
    ...[...files.folders]
      .filter((path) => path.includes('/portal-gun/machines/'))
      .sort()
      .map((path) => `folder ${path}`),
    libvirt.state(),
    guests.state(),
  ].join('\n');
}
