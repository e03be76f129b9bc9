import { parseIp } from '../../facts/ip-number.ts';
import type { Mount } from '../../facts/storage-use.ts';
import { formatIpv6 } from '../host-use/network/ip-text.ts';
import { decodeOctal, parseMount } from '../host-use/storage/mount-line.ts';
import { USE_PATHS } from '../paths.ts';
import type { IpRedaction } from './ip-redaction.ts';

type Digest = (value: string, length: number) => string;

// The folders with mount points that users name.
const OWN_FOLDERS = /^(\/(?:home|media|mnt|run\/media))\/(.+)$/s;
// An overlay can identify a container; that of the root is the file system of the host.
const SYSTEM_OVERLAYS: ReadonlySet<string> = new Set(['/', '/etc', '/usr', '/var']);
const SHARES: ReadonlySet<string> = new Set(['9p', 'virtiofs']);
// Attributes that contain IP addresses.
const ADDRESSES =
  /\/(iscsi_connection|iscsi_host|nvme-fabrics)\/.*\/(\w*address|local_ipaddr|ipaddress)$|\/rbd\/\d+\/client_addr$/;

/** Stand-ins in the storage data of a snapshot. */
export class StorageRedaction {
  readonly #digest: Digest;
  readonly #ip: IpRedaction;

  constructor(digest: Digest, ip: IpRedaction) {
    this.#digest = digest;
    this.#ip = ip;
  }

  /** Undefined for any other file. */
  file(path: string, text: string): string | undefined {
    if (path === USE_PATHS.swaps) return text.replace(/^\/\S+/gm, (at) => this.#encodedPath(decodeOctal(at)));
    if (/\/(loop\/backing_file|udev_path|device_path|lun\.\d+\/file)$/.test(path)) {
      return `${this.#path(text.trimEnd())}\n`;
    }
    if (/\/virtio\d+\/(mount_)?tag$|\/sys\/fs\/virtiofs\/\d+\/tag$/.test(path)) {
      return `${this.#tag(text.replaceAll('\0', '').trimEnd())}\n`;
    }
    if (ADDRESSES.test(path)) return this.#addresses(text);
    if (!path.endsWith('/dm/uuid')) return undefined;
    return text.replace(/^((?:part\d+-)?[A-Za-z]+-(?:LUKS\d-)?)(.+)$/m, (_, maker: string, id: string) => {
      return maker + this.#digest(id, 32);
    });
  }

  /** A mount of a block device or another host, reduced to the needed words; empty for others. */
  mount(line: string): readonly string[] {
    const mount = parseMount(line);
    // An invalid line stays invalid, without its text.
    if (mount === undefined) return ['0'];
    if (!isOfStorage(mount)) return [];
    const [id = '', parent = ''] = line.split(' ');
    const point = this.#encodedPath(mount.point);
    return [
      `${id} ${parent} ${mount.number} / ${point} rw - ${mount.type} ${this.#source(mount)} ${this.#options(mount)}`,
    ];
  }

  #source({ type, source, remote }: Mount): string {
    if (SHARES.has(type) && remote === null) return encodeOctal(this.#tag(source));
    if (remote !== null) return 'server:/share';
    return type === 'zfs' ? encodeOctal(source.split('/')[0] ?? '') : this.#encodedPath(source);
  }

  #options({ type, directories, devices, remote }: Mount): string {
    const below = type === 'overlay' ? directories.map((path) => this.#encodedPath(path)).join(':') : '';
    const network = remote === null ? [] : [type === '9p' ? 'trans=tcp' : 'vers=4'];
    return [
      'rw',
      ...(below === '' ? [] : [`lowerdir=${below}`]),
      ...devices.map((path) => `device=${this.#encodedPath(path)}`),
      ...network,
      ...(remote?.own ?? []).map((address) => `clientaddr=${this.#addresses(address)}`),
      ...(remote?.peers ?? []).slice(0, 1).map((address) => `addr=${this.#addresses(address)}`),
    ].join(',');
  }

  #addresses(text: string): string {
    return text
      .replace(/(?<![\w.:])\d{1,3}(?:\.\d{1,3}){3}(?![\w.])/g, (address) => this.#ip.ipv4(address))
      .replace(/(?<![\w:])(?=[0-9a-f:]*:[0-9a-f:]*:)[0-9a-f:]+(?![\w:])/gi, (address) => {
        const parsed = parseIp(address);
        if (parsed?.bits !== 128) return address;
        return formatIpv6(this.#ip.ipv6(parsed.value.toString(16).padStart(32, '0')));
      });
  }

  #tag(tag: string): string {
    return `share-${this.#digest(`share ${tag}`, 6)}`;
  }

  #encodedPath(path: string): string {
    return encodeOctal(this.#path(path));
  }

  /** Each name below a folder with user-defined names is replaced. */
  #path(path: string): string {
    const [, folder, rest = ''] = OWN_FOLDERS.exec(path) ?? [];
    if (folder === undefined) return path;
    const names = rest.split('/').map((name) => `folder-${this.#digest(`folder ${name}`, 6)}`);
    return [folder, ...names].join('/');
  }
}

function isOfStorage({ number, source, type, point, directories, devices, remote }: Mount): boolean {
  if (type === 'overlay') return SYSTEM_OVERLAYS.has(point);
  if (remote !== null || SHARES.has(type) || devices.length > 0 || directories.length > 0) return true;
  if (type === 'autofs') return source === 'systemd-1';
  return !number.startsWith('0:') || source.startsWith('/dev/') || type === 'zfs' || type === 'btrfs';
}

function encodeOctal(text: string): string {
  return text.replace(
    /[ \t\n\\]/g,
    (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`,
  );
}
