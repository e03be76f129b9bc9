import type { Mount, RemoteStorage } from '../../../facts/storage-use.ts';

// File systems of another host. The kernel mounts them without a block device.
const REMOTE =
  /^(nfs\d?|cifs|smb3|smbfs|ceph|afs|lustre|orangefs|pvfs2|glusterfs|beegfs|gpfs|ncpfs|coda|fuse\.(glusterfs|ceph|ceph-fuse|sshfs|s3fs|rclone|davfs2?|juicefs|moosefs|mfs|curlftpfs|gcsfuse|blobfuse2?|goofys|quobyte|lizardfs))$/;
// For 9p: the transport to its server, if it is not a channel of the hypervisor.
const NETWORK_TRANSPORTS: ReadonlySet<string> = new Set(['tcp', 'rdma', 'unix']);
const DEVICE_OPTIONS: ReadonlySet<string> = new Set(['logdev', 'rtdev', 'jdev', 'device', 'journal_path']);
const LAYER_OPTIONS: ReadonlySet<string> = new Set(['lowerdir', 'lowerdir+', 'datadir+', 'upperdir']);

/** One line of `mountinfo`; undefined if it is invalid. */
export function parseMount(line: string): Mount | undefined {
  const [before = '', after] = line.split(' - ', 2);
  const [, , number = '', , rawPoint] = before.split(' ');
  const [type, rawSource = '', rawOptions = ''] = after?.split(' ') ?? [];
  if (!/^\d+:\d+$/.test(number) || rawPoint === undefined || type === undefined) return undefined;
  const source = decodeOctal(rawSource);
  const options = rawOptions.split(',').map(parseOption);
  return {
    number,
    point: decodeOctal(rawPoint),
    type,
    source,
    directories: directoriesOf(type, source, options),
    devices: options.filter(isDevice).map(({ value }) => value),
    remote: remoteOf(type, source, options),
  };
}

/** Text with the octal escapes of `/proc` undone: `my\040disk`. */
export function decodeOctal(raw: string): string {
  if (!raw.includes('\\')) return raw;
  return raw.replace(/\\([0-3][0-7]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

interface MountOption {
  readonly key: string;
  readonly value: string;
}

function parseOption(option: string): MountOption {
  const at = option.indexOf('=');
  return at === -1
    ? { key: option, value: '' }
    : { key: option.slice(0, at), value: decodeOctal(option.slice(at + 1)) };
}

function isDevice({ key, value }: MountOption): boolean {
  if (LAYER_OPTIONS.has(key)) return false;
  return value.startsWith('/dev/') || (DEVICE_OPTIONS.has(key) && value.startsWith('/'));
}

function directoriesOf(type: string, source: string, options: readonly MountOption[]): readonly string[] {
  const layers =
    type === 'overlay' ? options.filter(({ key }) => LAYER_OPTIONS.has(key)).map(({ value }) => value) : [];
  // If a file system is in a file, or over a directory, the source is that path, and not a device.
  const sources = REMOTE.test(type) || type === '9p' || type === 'virtiofs' ? [] : [source];
  return [
    ...layers.flatMap((layer) =>
      // Lower directories are separated by colons; a colon in a name has a backslash before it.
      layer.split(/(?<!\\):/).map((path) => path.replace(/\\(.)/gs, '$1')),
    ),
    ...sources.flatMap((each) => each.split(':')).filter((path) => !path.startsWith('/dev/')),
  ].filter((path) => path.startsWith('/'));
}

/** `null` for a file system on this host, and for a channel of the hypervisor. */
function remoteOf(type: string, source: string, options: readonly MountOption[]): RemoteStorage | null {
  const optionOf = (key: string) => options.find((option) => option.key === key)?.value;
  const isPlan9 = type === '9p' && NETWORK_TRANSPORTS.has(optionOf('trans') ?? '');
  if (!isPlan9 && !REMOTE.test(type)) return null;
  const named = [optionOf('addr'), optionOf('mountaddr'), optionOf('ip')].flatMap((each) => each ?? []);
  const own = optionOf('clientaddr') ?? optionOf('srcaddr');
  const all = [...named, ...addressesIn(source), ...(own === undefined ? [] : [own])];
  return {
    protocol: type,
    own: own === undefined || /^(0\.0\.0\.0|::)$/.test(own) ? [] : [withoutZone(own)],
    peers: [...new Set([...named, ...addressesIn(source)].map(withoutZone))],
    // The zone of a link-local address is the interface.
    interfaces: [...new Set(all.flatMap((address) => /%(.+)$/.exec(address)?.[1] ?? []))],
  };
}

function withoutZone(address: string): string {
  return address.replace(/%.*$/s, '');
}

/** `10.0.0.1:/srv`, `[2001:db8::1]:/srv`, `[fe80::1%eth1]:/srv`, `//10.0.0.1/share`, `10.0.0.1:6789,10.0.0.2:6789:/`. */
function addressesIn(source: string): readonly string[] {
  const bracketed = [...source.matchAll(/\[([0-9a-f:.]+(?:%[^\]]+)?)\]/gi)].map(
    ([, address = '']) => address,
  );
  const plain = [...source.matchAll(/(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.])/g)].map(
    ([address]) => address,
  );
  return [...bracketed, ...plain];
}
