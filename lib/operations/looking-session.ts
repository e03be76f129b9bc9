import type { HostdevChoice } from './assignment/hostdev-options.ts';
import type { CapturedHost, SnapshotOptions } from './inventory/capture-snapshot.ts';
import type { HostComparison } from './inventory/compare-hosts.ts';
import type { SelectedView } from './inventory/host-view.ts';
import type { ListOptions } from './inventory/list-devices.ts';
import type { GroupsOptions, ListedGroups } from './inventory/list-groups.ts';
import type { ShownDevice } from './inventory/show-device.ts';
import type { ShownTree } from './inventory/show-tree.ts';
import type { DumpedRom, DumpRomOptions } from './rom/dump-rom.ts';
import type { RomFile, RomInspection } from './rom/inspect-rom.ts';
import type { ListedRoms, RomsOptions } from './rom/list-roms.ts';
import type { RomReadingOptions } from './rom/read-roms.ts';
import type { HostSession } from './session/host-session.ts';
import type { AllDevicesXml } from './xml/all-devices-xml.ts';
import type { DeviceXml, XmlOptions } from './xml/device-xml.ts';
import type { PoolXmlOptions } from './xml/pool-xml.ts';

/** The operations on a host that do not change it: a method for each command that reads. */
export class LookingSession {
  /** What is asked, and where. */
  protected readonly session: HostSession;

  constructor(session: HostSession) {
    this.session = session;
  }

  /** Lists the devices that selectors mean, all if there are none: with all facts, or those that are asked for. */
  async list(selectors: readonly string[] = [], options: ListOptions = {}): Promise<SelectedView> {
    const { listDevices } = await import('./inventory/list-devices.ts');
    return listDevices(this.session, selectors, options);
  }

  /** Shows one device with all that is known of it, and what it would take to pass it through to a VM. */
  async show(device: string): Promise<ShownDevice> {
    const { showDevice } = await import('./inventory/show-device.ts');
    return showDevice(this.session, device);
  }

  /** Lists the IOMMU groups of the devices that selectors mean, all if there are none, and whether each can be given to a VM. */
  async groups(selectors: readonly string[] = [], options: GroupsOptions = {}): Promise<ListedGroups> {
    const { listGroups } = await import('./inventory/list-groups.ts');
    return listGroups(this.session, selectors, options);
  }

  /** Shows the devices that selectors mean, all if there are none, below the bridges that lead to them. */
  async tree(selectors: readonly string[] = []): Promise<ShownTree> {
    const { showTree } = await import('./inventory/show-tree.ts');
    return showTree(this.session, selectors);
  }

  /** Compares the devices of this host with those of another, or of the same at an earlier time: a session with its snapshot. */
  async diff(before: LookingSession): Promise<HostComparison> {
    const { compareHosts } = await import('./inventory/compare-hosts.ts');
    return compareHosts(before.session, this.session);
  }

  /** Captures all that is ever read of the host: what `host` of another session takes, if it is written to a file. */
  async snapshot(options: SnapshotOptions = {}): Promise<CapturedHost> {
    const { captureSnapshot } = await import('./inventory/capture-snapshot.ts');
    return captureSnapshot(this.session, options);
  }

  /** Lists those of the devices that selectors mean, all if there are none, that have an option ROM; reads them if that is asked for. */
  async roms(selectors: readonly string[] = [], options: RomsOptions = {}): Promise<ListedRoms> {
    const { listRoms } = await import('./rom/list-roms.ts');
    return listRoms(this.session, selectors, options);
  }

  /** Reads the option ROM of one device of this machine, as root, and looks into it. */
  async inspectRom(device: string, options: RomReadingOptions = {}): Promise<RomInspection> {
    const { inspectRom } = await import('./rom/inspect-rom.ts');
    return inspectRom(this.session, device, options);
  }

  /** Looks into an option ROM that is in a file, and judges it for a device of the host. */
  async inspectRomFile(file: RomFile): Promise<RomInspection> {
    const { inspectRomFile } = await import('./rom/inspect-rom.ts');
    return inspectRomFile(this.session, file);
  }

  /** Reads the option ROM of one device of this machine, as root, and writes it to a file. */
  async dumpRom(options: DumpRomOptions): Promise<DumpedRom> {
    const { dumpRom } = await import('./rom/dump-rom.ts');
    return dumpRom(this.session, options);
  }

  /** Writes the libvirt XML that gives devices to a machine. */
  async xml(options: XmlOptions): Promise<DeviceXml> {
    const { deviceXml } = await import('./xml/device-xml.ts');
    return deviceXml(this.session, options);
  }

  /** Writes the libvirt XML of a network that hands out virtual functions. */
  async poolXml(options: PoolXmlOptions): Promise<DeviceXml> {
    const { poolXml } = await import('./xml/pool-xml.ts');
    return poolXml(this.session, options);
  }

  /** Writes the libvirt XML for each device that a machine can have. */
  async allXml(options: HostdevChoice = {}): Promise<AllDevicesXml> {
    const { allDevicesXml } = await import('./xml/all-devices-xml.ts');
    return allDevicesXml(this.session, options);
  }
}
