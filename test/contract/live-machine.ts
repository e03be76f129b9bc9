import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { type HostReader, isFailure } from '../../lib/host/host-reader.ts';
import { LiveWriter } from '../../lib/host/live/live-writer.ts';
import { isPciAddress, type PciAddress } from '../../lib/pci/address.ts';
import type { Surroundings } from './stage.ts';

const DEVICES = '/sys/bus/pci/devices';
const DRIVERS = '/sys/bus/pci/drivers';
/** Is there as long as udev has events to work on; `udevadm settle` waits for no more, and takes a process each time. */
const UDEV_QUEUE = '/run/udev/queue';
/** The number of the kernel's last event: one for each device, driver and interface that comes or goes. */
const LAST_EVENT = '/sys/kernel/uevent_seqnum';
const SETTLED_AFTER_MS = 250;
const RELEASED_AFTER_MS = 2000;
const MAX_LOOKS = 120;
const STARTS_WITHIN_MS = 60_000;

/** The machine that this runs on, which is put back to what it was before each scenario. */
export class LiveMachine implements Surroundings {
  readonly reader: HostReader;
  readonly writer = new LiveWriter('');
  readonly #drivers: ReadonlyMap<PciAddress, string | null>;
  readonly #hadVfio: boolean;

  /** `modules` are loaded first, and stay. */
  constructor(reader: HostReader, modules: readonly string[]) {
    this.reader = reader;
    for (const module of modules) execFileSync('modprobe', [module]);
    this.#hadVfio = reader.exists(`${DRIVERS}/vfio-pci`);
    this.#drivers = this.#look();
  }

  get kernel(): string {
    return String(this.reader.readText('/proc/sys/kernel/osrelease')).trim();
  }

  /** @throws Error where the machine can't be put back */
  async prepare(): Promise<Surroundings> {
    await this.#write('/sys/bus/pci/rescan', '1');
    await this.settle();
    for (const address of this.#drivers.keys()) {
      const at = `${DEVICES}/${address}`;
      await this.#reset(`${at}/driver_override`, '(null)', '\n');
      await this.#rebind(address);
      if (!this.reader.exists(`${at}/sriov_numvfs`)) continue;
      await this.#reset(`${at}/sriov_numvfs`, '0');
      await this.#reset(`${at}/sriov_drivers_autoprobe`, '1');
    }
    await this.settle();
    if (!this.#hadVfio && this.reader.exists(`${DRIVERS}/vfio-pci`)) {
      execFileSync('modprobe', ['-r', 'vfio-pci']);
    }
    const now = this.#look();
    const shown = (drivers: ReadonlyMap<PciAddress, string | null>): string => JSON.stringify([...drivers]);
    if (shown(now) !== shown(this.#drivers)) throw new Error(`not as it was: ${shown(now)}`);
    return this;
  }

  /** A process that has the functions as a machine would, and never answers a request to give them back. */
  async hold(addresses: readonly PciAddress[]): Promise<(() => Promise<void>) | null> {
    const groups = addresses.map((each) => `${this.#groupOf(each)}=${each}`);
    const child = spawn('perl', ['-e', HOLDER, ...groups], { stdio: ['ignore', 'pipe', 'ignore'] });
    if (!(await saysHeld(child))) return null;
    return async () => {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await gone;
      // What waited for it goes on now, in processes of its own: it may have to be woken first.
      await sleep(RELEASED_AFTER_MS);
    };
  }

  async loadDriver(driver: string): Promise<void> {
    execFileSync('modprobe', [driver]);
    await this.settle();
  }

  /** Some drivers are asked on a thread of their own, and udev renames interfaces: until nothing moves any more. */
  async settle(): Promise<void> {
    let before: unknown = null;
    for (let looks = 0; looks < MAX_LOOKS; looks += 1) {
      // Not what all devices have, as often as that: under emulation it took two thirds of the time.
      const now = this.reader.exists(UDEV_QUEUE) ? null : this.reader.readText(LAST_EVENT);
      if (typeof now === 'string' && now === before) return;
      before = now;
      await sleep(SETTLED_AFTER_MS);
    }
  }

  async #rebind(address: PciAddress): Promise<void> {
    const wanted = this.#drivers.get(address) ?? null;
    const has = this.#driverOf(address);
    if (has === wanted) return;
    if (has !== null) await this.#write(`${DRIVERS}/${has}/unbind`, address);
    if (wanted !== null) await this.#write(`${DRIVERS}/${wanted}/bind`, address);
  }

  /** Writes an attribute where it does not say already what it shall: most do, and each write takes its time. */
  async #reset(path: string, wanted: string, text = wanted): Promise<void> {
    const now = this.reader.readText(path);
    if (typeof now !== 'string' || now.trim() !== wanted) await this.#write(path, text);
  }

  async #write(path: string, text: string): Promise<void> {
    await this.writer.write(path, text);
  }

  #look(): ReadonlyMap<PciAddress, string | null> {
    const names = this.reader.list(DEVICES);
    const addresses = names === null || isFailure(names) ? [] : names.filter(isPciAddress);
    return new Map(addresses.map((address) => [address, this.#driverOf(address)]));
  }

  #driverOf(address: PciAddress): string | null {
    return this.#linkName(address, 'driver');
  }

  #groupOf(address: PciAddress): string | null {
    return this.#linkName(address, 'iommu_group');
  }

  #linkName(address: PciAddress, name: string): string | null {
    const target = this.reader.readLink(`${DEVICES}/${address}/${name}`);
    return typeof target === 'string' ? target.slice(target.lastIndexOf('/') + 1) : null;
  }
}

/**
 * What a machine does to have its functions (linux/vfio.h): a container, each group put into it, an IOMMU for it, and
 * the function itself from its group. A group that is not viable is refused when it is put into the container.
 */
const HOLDER = `
use strict;
my ($GROUP_SET_CONTAINER, $SET_IOMMU, $GROUP_GET_DEVICE_FD, $TYPE1V2) = (0x3b68, 0x3b66, 0x3b6a, 3);
my (%groups, @held);
open(my $container, '+<', '/dev/vfio/vfio') or exit 1;
for (@ARGV) {
  my ($group, $address) = split /=/;
  if (!$groups{$group}) {
    open($groups{$group}, '+<', "/dev/vfio/$group") or exit 1;
    ioctl($groups{$group}, $GROUP_SET_CONTAINER, pack('i', fileno $container)) or exit 1;
    if (keys %groups == 1) { ioctl($container, $SET_IOMMU, $TYPE1V2) or exit 1; }
  }
  my $name = "$address\\0";
  push @held, (ioctl($groups{$group}, $GROUP_GET_DEVICE_FD, $name) or exit 1);
}
syswrite STDOUT, "held\\n";
sleep 1 while 1;
`;

/** Whether it came to have the functions, or gave up over one. */
function saysHeld(child: ChildProcess): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), STARTS_WITHIN_MS);
    const settle = (held: boolean): void => {
      clearTimeout(timer);
      resolve(held);
    };
    child.stdout?.once('data', () => settle(true));
    child.once('exit', () => settle(false));
    child.once('error', () => settle(false));
  });
}
