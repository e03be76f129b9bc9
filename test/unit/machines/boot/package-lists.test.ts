import { describe, expect, it } from 'vitest';
import {
  isPackageName,
  parsePackage,
  readDistribution,
  sourceLines,
} from '../../../../lib/machines/boot/package-lists.ts';
import { isStoreName, storeNameOf } from '../../../../lib/machines/boot/store-paths.ts';

const DEBIAN = readDistribution('PRETTY_NAME="Debian"\nVERSION_CODENAME=bookworm\nID=debian\n');
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const TARGETS = [
  'http://deb.debian.org/debian bookworm main Debian',
  'http://deb.debian.org/debian bookworm contrib Debian',
  'http://deb.debian.org/debian bookworm-updates main Debian',
  'http://deb.debian.org/debian-security bookworm-security main Debian',
  'http://deb.debian.org/debian bookworm-backports main Debian',
  'https://download.docker.com/linux/debian bookworm stable Docker',
  'https://packages.example.org bookworm main Example',
].join('\n');

describe('the archives of a distribution', () => {
  it('are those of the host that are its own, with its own key', () => {
    if (DEBIAN === null) throw new Error('Debian is not recognised');
    expect(sourceLines(TARGETS, DEBIAN, 'bookworm', KEYRING)).toEqual([
      `deb [signed-by=${KEYRING}] http://deb.debian.org/debian bookworm main`,
      `deb [signed-by=${KEYRING}] http://deb.debian.org/debian bookworm-updates main`,
      `deb [signed-by=${KEYRING}] http://deb.debian.org/debian-security bookworm-security main`,
    ]);
    expect(sourceLines(TARGETS, DEBIAN, 'trixie', KEYRING)[2]).toContain('trixie-security');
    expect(sourceLines(TARGETS, DEBIAN, 'sid', KEYRING)).toHaveLength(1);
    expect(sourceLines('', DEBIAN, 'bookworm', KEYRING)).toEqual([]);
  });

  it.each(['ID=fedora\nVERSION_CODENAME=""', 'ID=debian', ''])('are not known for %j', (text) => {
    expect(readDistribution(text)).toBeNull();
  });

  it('describe packages', () => {
    const described =
      'Package: linux-image-amd64\nVersion: 6.1.1\nDepends: linux-image-6.1.0-9-amd64 (= 6.1.1), x | y\nSize: 12\n\nPackage: other\n';
    expect(parsePackage(described)).toEqual({
      name: 'linux-image-amd64',
      version: '6.1.1',
      sizeBytes: 12,
      depends: ['linux-image-6.1.0-9-amd64', 'x'],
    });
    expect(parsePackage('')).toBeNull();
  });

  it.each([
    ['nginx', true],
    ['g++', true],
    ['-o', false],
    ['a b', false],
    ['../x', false],
  ])('the name of a package: %s is one: %s', (name, is) => {
    expect(isPackageName(name)).toBe(is);
  });
});

describe('a name of the store', () => {
  it.each([
    ['debian-12.iso', true],
    ['a'.repeat(64), false],
    ['../x', false],
    ['', false],
    ['minivm.json', false],
    ['Upper', false],
  ])('%s is one: %s', (name, is) => {
    expect(isStoreName(name)).toBe(is);
  });

  it.each([
    ['/tmp/Debian 12 (copy).iso', 'debian-12-copy'],
    ['/tmp/vmlinuz-6.1.0', 'vmlinuz-6.1.0'],
    ['/tmp/...', 'imported'],
  ])('is made of that of a file: %s gives %s', (path, name) => {
    expect(storeNameOf(path)).toBe(name);
  });
});
