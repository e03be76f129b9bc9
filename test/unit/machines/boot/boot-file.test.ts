import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HEAD_BYTES, recogniseBootFile } from '../../../../lib/machines/boot/boot-file.ts';
import { readBzImage } from '../../../../lib/machines/boot/bz-image.ts';
import { hasPvhEntry, readElf } from '../../../../lib/machines/boot/elf.ts';
import { readModule } from '../../../../lib/machines/boot/kernel-modules.ts';
import { readQcow2 } from '../../../../lib/machines/boot/qcow2.ts';
import { bzImage, elfFile, PVH_NOTE, qcow2Image } from './images.ts';

const textAt = (at: number, text: string, length = 70_000): Uint8Array => {
  const bytes = Buffer.alloc(length);
  bytes.write(text, at, 'latin1');
  return bytes;
};

const XZ = Uint8Array.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, ...Array.from({ length: 64 }, () => 1)]);

describe('a boot file', () => {
  it.each([
    ['a bzImage', bzImage(XZ), { kind: 'bz-image', version: '6.1.0-test' }],
    ['an ELF file', elfFile({}), { kind: 'elf', machine: 'x86_64' }],
    ['an ELF file of another machine', elfFile({ machine: 183 }), { kind: 'elf', machine: 'aarch64' }],
    ['an arm64 kernel', textAt(56, 'ARMd'), { kind: 'arm64-image' }],
    ['a Debian package', textAt(0, '!<arch>\ndebian-binary   '), { kind: 'debian-package' }],
    ['a cpio archive', textAt(0, '070701'), { kind: 'initramfs', compression: null }],
    ['a compressed archive', XZ, { kind: 'initramfs', compression: 'xz' }],
    ['an ISO', textAt(0x8001, 'CD001'), { kind: 'iso' }],
    ['a GPT disk', textAt(512, 'EFI PART'), { kind: 'raw-disk', holds: 'a GPT partition table' }],
    ['an ext4 file system', textAt(1080, '\x53\xef'), { kind: 'raw-disk', holds: 'an ext file system' }],
    ['a VMDK image', textAt(0, 'KDMV'), { kind: 'foreign-disk', format: 'vmdk' }],
    ['nothing that boots', textAt(0, 'hello'), null],
    ['an empty file', new Uint8Array(), null],
  ])('is recognised by its content: %s', (_, bytes, kind) => {
    expect(recogniseBootFile(bytes.subarray(0, HEAD_BYTES))).toEqual(kind);
  });

  it('is the ISO that it is, also with the partition table of a hybrid one', () => {
    const bytes = textAt(0x8001, 'CD001');
    bytes.set([0x55, 0xaa], 510);
    expect(recogniseBootFile(bytes)).toEqual({ kind: 'iso' });
  });

  it('of qcow2 tells the files that it names', () => {
    expect(recogniseBootFile(qcow2Image())).toMatchObject({
      header: { rawBackingFile: null, hasDataFile: false, virtualBytes: 2 ** 30 },
    });
    expect(readQcow2(qcow2Image({ backing: '/etc/shadow' }))?.rawBackingFile).toBe('/etc/shadow');
    expect(readQcow2(qcow2Image({ incompatible: 4n }))?.hasDataFile).toBe(true);
  });

  it('that is damaged or cut is an answer, never an exception', () => {
    const whole = [
      bzImage(XZ),
      elfFile({ note: PVH_NOTE, modinfo: 'alias=a\0' }),
      qcow2Image({ backing: 'x' }),
    ];
    const damaged = fc.oneof(
      fc.uint8Array({ maxLength: 2000 }),
      fc
        .tuple(fc.constantFrom(...whole), fc.nat(2000), fc.array(fc.tuple(fc.nat(1200), fc.nat(255))))
        .map(([bytes, length, changes]) => {
          const copy = bytes.slice(0, length);
          for (const [at, byte] of changes) if (at < copy.length) copy[at] = byte;
          return copy;
        }),
    );
    fc.assert(
      fc.property(damaged, (bytes) => {
        recogniseBootFile(bytes);
        readBzImage(bytes);
        readElf(bytes);
        hasPvhEntry(bytes);
        readQcow2(bytes);
        readModule('kernel/a.ko', bytes);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a compressed kernel', () => {
  it('tells where its payload is, without the size that the build adds', () => {
    const { length } = XZ;
    expect(readBzImage(bzImage(XZ))?.payload).toEqual({
      compression: 'xz',
      offset: 1024,
      length: length - 4,
    });
  });

  it('has no payload that is not whole, or of an unknown format', () => {
    expect(readBzImage(bzImage(XZ).subarray(0, 1060))?.payload).toBeNull();
    expect(readBzImage(bzImage(new Uint8Array(64)))?.payload).toBeNull();
  });
});

describe('an uncompressed kernel', () => {
  it.each([
    ['with its note', PVH_NOTE, true],
    ['with another note of that name', { name: 'Xen', type: 5 }, false],
    ['with a note of another', { name: 'GNU', type: 18 }, false],
    ['without notes', null, false],
  ])('is started by QEMU %s: %o, %s', (_, note, has) => {
    expect(hasPvhEntry(elfFile({ note }))).toBe(has);
  });
});
