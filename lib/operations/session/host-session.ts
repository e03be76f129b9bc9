import type { Guests } from '../../apply/changeable-host.ts';
import { PortalGunError } from '../../base/errors.ts';
import type { HostPorts } from '../../host/host-ports.ts';
import type { HostReader } from '../../host/host-reader.ts';
import { openHost } from '../../host/open-host.ts';
import { readPciIdsFile } from '../../host/pci-ids-file.ts';
import { isPciIds, PciIdsNames, type PciNames, pciIdsDate } from '../../pci/pci-ids.ts';

/** The host of a session: this machine by default. */
export interface SessionOptions {
  /** A snapshot file, or a directory that contains a `sys/`: a captured host, which is read and never changed. */
  readonly host?: string | undefined;
  /** The URI of a libvirt: `qemu+ssh://root@host/system`. By default LIBVIRT_DEFAULT_URI, or that of the system. */
  readonly connect?: string | undefined;
  /**
   * The source of the devices for reading: the kernel (`sysfs`), or also libvirt, with their differences. The libvirt
   * of `connect` is asked without the kernel.
   */
  readonly source?: 'sysfs' | 'libvirt' | undefined;
  /** The list of PCI ids for names: a file, or `bundled`; by default that of the system. */
  readonly pciIds?: string | undefined;
  /** The directory that holds the folders of machines; by default the nearest one upwards of the current directory. */
  readonly project?: string | undefined;
}

/**
 * One host, open for reading and changes: its reader, the source of names, and the ports of the machine that
 * everything runs on. Each is opened on first use.
 */
export class HostSession {
  readonly ports: HostPorts;
  readonly options: SessionOptions;
  #host: HostReader | null = null;
  #names: PciNames | null;
  /** The guests of machines, in place of those that have agents. */
  readonly guests: Guests | null;

  /**
   * @param names where names come from, in place of a list of PCI ids
   * @param guests the guests of machines, in place of those that have agents
   */
  constructor(
    ports: HostPorts,
    options: SessionOptions = {},
    names: PciNames | null = null,
    guests: Guests | null = null,
  ) {
    this.ports = ports;
    this.options = options;
    this.#names = names;
    this.guests = guests;
  }

  /** Whether another host than this machine is read. */
  get isCaptured(): boolean {
    return this.options.host !== undefined;
  }

  /**
   * The host.
   *
   * @throws PortalGunError NOT_FOUND, BAD_HOST, BAD_SNAPSHOT, PERMISSION_DENIED
   */
  get host(): HostReader {
    this.#host ??= this.options.host === undefined ? this.ports.reader : openHost(this.options.host);
    return this.#host;
  }

  /** Closes the host: the next use opens it again. */
  forgetHost(): void {
    this.#host = null;
  }

  /**
   * The names of vendors and devices.
   *
   * @throws PortalGunError BAD_NAMES, NOT_FOUND, PERMISSION_DENIED
   */
  get names(): PciNames {
    this.#names ??= readNames(this.options.pciIds);
    return this.#names;
  }
}

function readNames(choice: string | undefined): PciNames {
  const { bytes, path, origin } = readPciIdsFile(choice);
  if (!isPciIds(bytes))
    throw new PortalGunError('BAD_NAMES', 'not a list of PCI IDs (pci.ids)', { subject: path });
  const date = pciIdsDate(bytes);
  const owner = { system: "the system's pci.ids", bundled: "portal-gun's own pci.ids", given: 'pci.ids' }[
    origin
  ];
  return new PciIdsNames(bytes, `${owner}${date === null ? '' : ` of ${date}`} (${path})`);
}
