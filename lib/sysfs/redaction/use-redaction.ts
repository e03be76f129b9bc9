import type { SnapshotEntry } from '../../host/snapshot/snapshot.ts';
import { BOOT_DISPLAY_OWNER } from '../host-use/console/displays.ts';
import { parseFibTrie } from '../host-use/network/fib-trie.ts';
import { ipv4Of, ipv4OfRoute, prefixLengthOf } from '../host-use/network/ip-text.ts';
import { MEMORY_OWNER, SYSTEM_RAM } from '../host-use/storage/system-memory.ts';
import { MACHINE_PATHS, USE_PATHS, udevBlockPath } from '../paths.ts';
import { IpRedaction } from './ip-redaction.ts';
import { StorageRedaction } from './storage-redaction.ts';

/** The replacements for other text: a digest of it, and the text itself with stand-ins for known values. */
interface TextRedaction {
  readonly digest: (value: string, length: number) => string;
  readonly text: (text: string) => string;
}

const UDEV = udevBlockPath('');

/**
 * Stand-ins in the host use data of a snapshot: addresses, mount points below `/home`, `/media`, `/run/media` and
 * `/mnt`, ids of LVM and others; and groups without their human members. Lines that no reader uses are omitted.
 */
export class UseRedaction {
  readonly #redaction: TextRedaction;
  readonly #ip: IpRedaction;
  readonly #storage: StorageRedaction;

  constructor(redaction: TextRedaction) {
    this.#redaction = redaction;
    this.#ip = new IpRedaction(redaction.digest);
    this.#storage = new StorageRedaction(redaction.digest, this.#ip);
  }

  /** Undefined for any other file. */
  entry(path: string, entry: SnapshotEntry): SnapshotEntry | undefined {
    if (entry.kind === 'lines') {
      const lines = this.#lines(path, entry.lines);
      if (lines === undefined) return undefined;
      return { kind: 'lines', lines: [...new Set(lines.map(this.#redaction.text))].sort() };
    }
    const text = entry.kind === 'text' ? this.#file(path, entry.text) : undefined;
    return text === undefined ? undefined : { kind: 'text', text: this.#redaction.text(text) };
  }

  #lines(path: string, lines: readonly string[]): readonly string[] | undefined {
    switch (path) {
      case USE_PATHS.mounts:
        return lines.flatMap((line) => this.#storage.mount(line));
      case USE_PATHS.memory:
        return lines.flatMap(usedMemory);
      case USE_PATHS.ipv4Routes:
        return lines.map((line) => this.#ipv4Route(line));
      case USE_PATHS.ipv6Addresses:
        return lines.map((line) => line.replace(/^[0-9a-f]{32}/, (digits) => this.#ip.ipv6(digits)));
      case USE_PATHS.ipv6Routes:
        return lines.map((line) => this.#ipv6Route(line));
      case MACHINE_PATHS.groups:
        return lines.map(withoutPeople);
      default:
        return path.startsWith(UDEV) || path === USE_PATHS.fstab ? lines : undefined;
    }
  }

  #file(path: string, text: string): string | undefined {
    return path === USE_PATHS.ipv4Tables ? this.#ipv4Tables(text) : this.#storage.file(path, text);
  }

  /** The addresses and networks that a reader takes from the tables, and the number of routes in other tables. */
  #ipv4Tables(text: string): string {
    const { addresses, networks, otherRoutes } = parseFibTrie(text);
    const leaf = (address: string, length: number | string, entry: string): string =>
      `  |-- ${this.#ip.ipv4(address, Number(length))}\n     /${length} ${entry}\n`;
    const others = otherRoutes.map((each) => {
      const [, address = '', length = '', table = ''] = /^(\S+)\/(\d+) \(table (\d+)\)$/.exec(each) ?? [];
      return `Id ${table}:\n${leaf(address, length, 'universe UNICAST')}`;
    });
    return [
      ...others,
      'Local:\n',
      ...networks.map(({ bits, prefixLength }) => leaf(ipv4Of(bits), prefixLength, 'link UNICAST')),
      ...addresses.map((address) => leaf(address, 32, 'host LOCAL')),
    ].join('');
  }

  #ipv4Route(line: string): string {
    const fields = line.split('\t');
    const [, network = '', gateway = '', , , , , mask = ''] = fields.map((field) => field.trim());
    if (![network, gateway, mask].every((digits) => /^[0-9A-F]{8}$/i.test(digits))) return line;
    fields[1] = routeDigits(this.#ip.ipv4(ipv4OfRoute(network), prefixLengthOf(mask)));
    fields[2] = routeDigits(this.#ip.ipv4(ipv4OfRoute(gateway)));
    return fields.join('\t');
  }

  #ipv6Route(line: string): string {
    return line.replace(
      /^([0-9a-f]{32}) ([0-9a-f]{2}) ([0-9a-f]{32}) ([0-9a-f]{2}) ([0-9a-f]{32})/,
      (_, to: string, length: string, from: string, fromLength: string, gateway: string) => {
        const [network, source] = [
          this.#ip.ipv6(to, Number.parseInt(length, 16)),
          this.#ip.ipv6(from, Number.parseInt(fromLength, 16)),
        ];
        return `${network} ${length} ${source} ${fromLength} ${this.#ip.ipv6(gateway)}`;
      },
    );
  }
}

/** Lines of a memory map for boot displays, devices and the kernel, and whether its addresses are hidden. */
function usedMemory(line: string): readonly string[] {
  if (/^ *0+-0+ :/.test(line)) return ['00000000-00000000 : hidden'];
  const owner = line.split(' : ')[1] ?? '';
  return [BOOT_DISPLAY_OWNER, MEMORY_OWNER, SYSTEM_RAM].some((pattern) => pattern.test(owner)) ? [line] : [];
}

/** A group with only those members that are services: `kvm:x:992:libvirt-qemu`. */
function withoutPeople(line: string): string {
  const [name = '', password = '', id = '', members = ''] = line.split(':');
  const services = members.split(',').filter((member) => /^(libvirt-)?qemu$/.test(member.trim()));
  return [name, password, id, services.join(',')].join(':');
}

function routeDigits(address: string): string {
  const bytes = address.split('.').map((byte) => Number(byte).toString(16).padStart(2, '0'));
  return bytes.reverse().join('').toUpperCase();
}
