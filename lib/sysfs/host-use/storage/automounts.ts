import { isUnknown, type Known, knownValue } from '../../../base/known.ts';
import type { Automount, Mount } from '../../../facts/storage-use.ts';
import { type HostReader, knownOf } from '../../../host/host-reader.ts';
import { USE_PATHS } from '../../paths.ts';
import { decodeOctal } from './mount-line.ts';

/** The tags of sources in fstab, and the folders of udev's links. */
const TAGS: Readonly<Record<string, string>> = {
  UUID: 'by-uuid',
  LABEL: 'by-label',
  PARTUUID: 'by-partuuid',
  PARTLABEL: 'by-partlabel',
  ID: 'by-id',
};

const WHAT = 'What=';
/** The lines of fstab that name a device. Those for other hosts may contain passwords, and are not read. */
const SOURCES = ['/dev/', ...Object.keys(TAGS).map((tag) => `${tag}=`)];

/**
 * File systems that are mounted on demand: autofs mount points without a mount on top, with the source from the mount
 * unit of systemd (`/run/systemd/generator/efi.mount`) or from `/etc/fstab`.
 */
export function readAutomounts(
  host: HostReader,
  mounts: Known<readonly Mount[]>,
): Known<readonly Automount[]> {
  if (mounts === null || isUnknown(mounts)) return mounts;
  const waiting = mounts.filter(
    ({ type, point }) =>
      type === 'autofs' && !mounts.some((other) => other.type !== 'autofs' && other.point === point),
  );
  if (waiting.length === 0) return null;
  const table = readTable(host);
  return [...new Set(waiting.map(({ point }) => point))].map((point) => ({
    point,
    source: sourceInUnit(host, point) ?? table.get(point) ?? null,
  }));
}

function sourceInUnit(host: HostReader, point: string): string | undefined {
  for (const folder of USE_PATHS.unitFolders) {
    const lines = knownValue(knownOf(host.readLines(`${folder}/${unitName(point)}.mount`, [WHAT])));
    const source = lines?.at(-1)?.slice(WHAT.length).trim() ?? '';
    if (source !== '') return pathOf(source);
  }
  return undefined;
}

/** The name that `systemd-escape --path` makes from `/boot/my disk`: `boot-my\x20disk`. */
function unitName(point: string): string {
  const plain = point.replace(/^\/+|\/+$/g, '');
  if (plain === '') return '-';
  const bytes = [...new TextEncoder().encode(plain)].map((byte, index) => {
    const character = String.fromCharCode(byte);
    if (character === '/') return '-';
    const isPlain = /[A-Za-z0-9:_]/.test(character) || (character === '.' && index > 0);
    return isPlain ? character : `\\x${byte.toString(16).padStart(2, '0')}`;
  });
  return bytes.join('');
}

/** The sources of `/etc/fstab` by their mount points. */
function readTable(host: HostReader): ReadonlyMap<string, string> {
  const lines = knownValue(knownOf(host.readLines(USE_PATHS.fstab, SOURCES))) ?? [];
  const entries = lines.flatMap((line): readonly (readonly [string, string])[] => {
    const [source, point] = line.trim().split(/\s+/);
    if (source === undefined || point === undefined) return [];
    return [[decodeOctal(point), pathOf(decodeOctal(source))]];
  });
  return new Map(entries);
}

/** `PARTUUID="aa"` as the path of a link. */
function pathOf(source: string): string {
  const [, tag = '', value = ''] = /^([A-Z]+)="?([^"]*)"?$/.exec(source) ?? [];
  const folder = TAGS[tag];
  return folder === undefined ? source : `/dev/disk/${folder}/${value}`;
}
