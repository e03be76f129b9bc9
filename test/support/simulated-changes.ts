import type { ChangeableHost } from '../../lib/apply/changeable-host.ts';
import { type HostReader, isFailure } from '../../lib/host/host-reader.ts';
import type { Runner } from '../../lib/host/runner.ts';
import { NO_NAMES } from '../../lib/pci/pci-ids.ts';
import { SimulatedHost } from '../../lib/simulation/simulated-host.ts';
import { readInventory } from '../../lib/sysfs/read-inventory.ts';
import { readRegisteredDrivers } from '../../lib/sysfs/registered-drivers.ts';
import { MemoryFiles } from './memory-files.ts';
import { SimulatedIp } from './simulated-ip.ts';
import { SimulatedLibvirt } from './simulated-libvirt.ts';

/** A simulated host that plans can be applied to: its kernel, its programs and its disk. */
export interface SimulatedMachine extends ChangeableHost {
  readonly kernel: SimulatedHost;
  readonly ip: SimulatedIp;
  readonly files: MemoryFiles;
  readonly libvirt: SimulatedLibvirt;
}

export function simulateMachine(captured: HostReader): SimulatedMachine {
  const kernel = new SimulatedHost(captured);
  const ip = new SimulatedIp(kernel);
  const files = new MemoryFiles();
  const libvirt = new SimulatedLibvirt();
  const runner = programsOf(kernel, ip, files, libvirt);
  return { kernel, ip, reader: kernel, writer: ip, runner, files, libvirt };
}

/** The initial RAM disk: what the early program was when it was last made. */
const IMAGE = '/boot/initrd.img';
const EARLY_PROGRAM = '/etc/portal-gun/early-bindings';
const HOOK = '/etc/initramfs-tools/hooks/portal-gun';

/**
 * `ip` for links and VFs, `virsh`, `modprobe`, as far as drivers of PCI go, and `update-initramfs`, as far as our hook goes; there is
 * no other program.
 */
function programsOf(
  kernel: SimulatedHost,
  ip: SimulatedIp,
  { files }: MemoryFiles,
  libvirt: SimulatedLibvirt,
): Runner {
  return {
    async run(program, args, options) {
      if (program === 'ip') return ip.run(args);
      if (program === 'virsh') return libvirt.run(program, args, options);
      if (program === 'update-initramfs') {
        const held = files.has(HOOK) ? files.get(EARLY_PROGRAM) : undefined;
        if (held === undefined) files.delete(IMAGE);
        else {
          files.set('/var/lib/portal-gun/initramfs', `${/^# token (.*)$/m.exec(held)?.[1]}\n`);
          files.set(IMAGE, held);
        }
        return { kind: 'exited', exitCode: 0, stdout: '', stderr: '' };
      }
      if (program !== 'modprobe') return { kind: 'missing' };
      const driver = args.at(-1) ?? '';
      const isRemoval = args.includes('-r');
      if (!isRemoval) kernel.loadDriver(driver);
      const exitCode = isRemoval && !kernel.unloadDriver(driver) ? 1 : 0;
      return { kind: 'exited', exitCode, stdout: '', stderr: '' };
    },
  };
}

/** Everything of a machine that plans change, a line each, to be compared. */
export function stateOf({ kernel, ip, files, libvirt }: SimulatedMachine): string {
  const { devices } = readInventory(kernel, NO_NAMES, ['driver', 'driverOverride', 'netInterfaces', 'sriov']);
  const lines = devices.map(({ address, driver, driverOverride, netInterfaces, sriov }) =>
    [address, driver, driverOverride, netInterfaces, sriov]
      // Which of the kernel's names an interface gets depends on which are free; udev gives it another.
      .map((each) => JSON.stringify(each).replace(/"eth\d+"/, '"eth"'))
      .join(' '),
  );
  const drivers = readRegisteredDrivers(kernel);
  if (drivers === null || isFailure(drivers)) throw new Error('a simulated machine has drivers');
  const kept = [...files.files].map((each) => each.join('\n'));
  return [
    ...lines,
    ...drivers.map(({ name }) => `driver ${name}`),
    ...ip.state(),
    ...kept.sort(),
    libvirt.state(),
  ].join('\n');
}
