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
  /** The open host and its options. */
  protected readonly session: HostSession;

  constructor(session: HostSession) {
    this.session = session;
  }

  /** Lists the selected devices, all without selectors, with all facts or with the requested ones. */
  async list(selectors: readonly string[] = [], options: ListOptions = {}): Promise<SelectedView> {
    const { listDevices } = await import('./inventory/list-devices.ts');
    return listDevices(this.session, selectors, options);
  }

  /** Shows all known facts of one device, and the conditions for passing it through to a VM. */
  async show(device: string): Promise<ShownDevice> {
    const { showDevice } = await import('./inventory/show-device.ts');
    return showDevice(this.session, device);
  }

  /** Lists the IOMMU groups of the selected devices, all without selectors, and whether each can be passed to a VM. */
  async groups(selectors: readonly string[] = [], options: GroupsOptions = {}): Promise<ListedGroups> {
    const { listGroups } = await import('./inventory/list-groups.ts');
    return listGroups(this.session, selectors, options);
  }

  /** Shows the selected devices, all without selectors, below the bridges that lead to them. */
  async tree(selectors: readonly string[] = []): Promise<ShownTree> {
    const { showTree } = await import('./inventory/show-tree.ts');
    return showTree(this.session, selectors);
  }

  /**
   * Compares the devices of this host with those of another, or of the same at an earlier time: a session with its
   * snapshot.
   */
  async diff(before: LookingSession): Promise<HostComparison> {
    const { compareHosts } = await import('./inventory/compare-hosts.ts');
    return compareHosts(before.session, this.session);
  }

  /** Captures everything that readers read of the host: a file with it can be the `host` of another session. */
  async snapshot(options: SnapshotOptions = {}): Promise<CapturedHost> {
    const { captureSnapshot } = await import('./inventory/capture-snapshot.ts');
    return captureSnapshot(this.session, options);
  }

  /** Lists the selected devices, all without selectors, that have an option ROM; reads the ROMs if requested. */
  async roms(selectors: readonly string[] = [], options: RomsOptions = {}): Promise<ListedRoms> {
    const { listRoms } = await import('./rom/list-roms.ts');
    return listRoms(this.session, selectors, options);
  }

  /** Reads the option ROM of one device of this machine, as root, and parses it. */
  async inspectRom(device: string, options: RomReadingOptions = {}): Promise<RomInspection> {
    const { inspectRom } = await import('./rom/inspect-rom.ts');
    return inspectRom(this.session, device, options);
  }

  /** Parses an option ROM in a file, and checks it for a device of the host. */
  async inspectRomFile(file: RomFile): Promise<RomInspection> {
    const { inspectRomFile } = await import('./rom/inspect-rom.ts');
    return inspectRomFile(this.session, file);
  }

  /** Reads the option ROM of one device of this machine, as root, and writes it to a file. */
  async dumpRom(options: DumpRomOptions): Promise<DumpedRom> {
    const { dumpRom } = await import('./rom/dump-rom.ts');
    return dumpRom(this.session, options);
  }

  /** Writes the libvirt XML for devices of a VM. */
  async xml(options: XmlOptions): Promise<DeviceXml> {
    const { deviceXml } = await import('./xml/device-xml.ts');
    return deviceXml(this.session, options);
  }

  /** Writes the libvirt XML of a network that provides VFs. */
  async poolXml(options: PoolXmlOptions): Promise<DeviceXml> {
    const { poolXml } = await import('./xml/pool-xml.ts');
    return poolXml(this.session, options);
  }

  /** Writes the libvirt XML for each device that a VM can have. */
  async allXml(options: HostdevChoice = {}): Promise<AllDevicesXml> {
    const { allDevicesXml } = await import('./xml/all-devices-xml.ts');
    return allDevicesXml(this.session, options);
  }
}
