import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { type HostReader, isFailure } from '../../lib/host/host-reader.ts';
import { LiveWriter } from '../../lib/host/live-writer.ts';
import { isPciAddress, type PciAddress } from '../../lib/pci/address.ts';
import type { Surroundings } from './stage.ts';

const DEVICES = '/sys/bus/pci/devices';
const DRIVERS = '/sys/bus/pci/drivers';
const SETTLED_AFTER_MS = 500;
const MAX_LOOKS = 40;
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
      await this.#write(`${at}/driver_override`, '\n');
      await this.#rebind(address);
      if (!this.reader.exists(`${at}/sriov_numvfs`)) continue;
      await this.#write(`${at}/sriov_numvfs`, '0');
      await this.#write(`${at}/sriov_drivers_autoprobe`, '1');
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

  /** A machine that does not run: it has the device, and never answers a request to give it back. */
  async hold(addresses: readonly PciAddress[]): Promise<(() => Promise<void>) | null> {
    const devices = addresses.flatMap((each) => ['-device', `vfio-pci,host=${each},x-req=off`]);
    const fixed = ['-nodefaults', '-display', 'none', '-S', '-machine', 'q35,accel=tcg', '-m', '32'];
    const child = spawn('qemu-system-x86_64', [...fixed, ...devices, '-monitor', 'stdio'], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    if (!(await isUp(child))) return null;
    return async () => {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await gone;
    };
  }

  async loadDriver(driver: string): Promise<void> {
    execFileSync('modprobe', [driver]);
    await this.settle();
  }

  /** Some drivers are asked on a thread of their own, and udev renames interfaces: until nothing moves any more. */
  async settle(): Promise<void> {
    let before = '';
    for (let looks = 0; looks < MAX_LOOKS; looks += 1) {
      execFileSync('udevadm', ['settle', '-t', '30']);
      const now = JSON.stringify([...this.#look().keys()].map((address) => this.#stateOf(address)));
      if (now === before) return;
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

  async #write(path: string, text: string): Promise<void> {
    await this.writer.write(path, text);
  }

  #look(): ReadonlyMap<PciAddress, string | null> {
    const names = this.reader.list(DEVICES);
    const addresses = names === null || isFailure(names) ? [] : names.filter(isPciAddress);
    return new Map(addresses.map((address) => [address, this.#driverOf(address)]));
  }

  /** What still changes while a driver comes or goes: its links go first, its interfaces and `uevent` later. */
  #stateOf(address: PciAddress): unknown {
    const at = `${DEVICES}/${address}`;
    return [
      address,
      this.#driverOf(address),
      this.reader.readText(`${at}/uevent`),
      this.reader.list(`${at}/net`),
    ];
  }

  #driverOf(address: PciAddress): string | null {
    const target = this.reader.readLink(`${DEVICES}/${address}/driver`);
    return typeof target === 'string' ? target.slice(target.lastIndexOf('/') + 1) : null;
  }
}

/** Whether the machine came up, which its monitor says, or gave up over its devices. */
function isUp(child: ChildProcess): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), STARTS_WITHIN_MS);
    const settle = (up: boolean): void => {
      clearTimeout(timer);
      resolve(up);
    };
    child.stdout?.on('data', (piece: Buffer) => {
      if (piece.includes('(qemu)')) settle(true);
    });
    child.once('exit', () => settle(false));
    child.once('error', () => settle(false));
  });
}
