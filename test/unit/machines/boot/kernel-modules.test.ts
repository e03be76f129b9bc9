import { describe, expect, it } from 'vitest';
import { moduleFiles, modulesOf } from '../../../../lib/machines/boot/guest-modules.ts';
import { moduleNameOf, moduleTables, readModule } from '../../../../lib/machines/boot/kernel-modules.ts';
import { packIndex } from '../../../../lib/machines/boot/module-index.ts';
import { elfFile } from './images.ts';

const moduleOf = (path: string, texts: readonly string[]) => {
  const module = readModule(path, elfFile({ modinfo: texts.map((text) => `${text}\0`).join('') }));
  if (module === null) throw new Error(`${path} is not read`);
  return module;
};

const NET = moduleOf('kernel/net/9p/9pnet.ko', ['license=GPL', 'depends=']);
const VIRTIO = moduleOf('kernel/drivers/virtio/virtio.ko', ['depends=']);
const TRANSPORT = moduleOf('kernel/net/9p/9pnet_virtio.ko', [
  'alias=virtio:d00000009v*',
  'depends=virtio,9pnet',
]);
const FILES = moduleOf('kernel/fs/9p/9p.ko', [
  'alias=fs-9p',
  'depends=9pnet',
  'softdep=pre: 9pnet-virtio post: x',
]);

const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('utf8');

describe('a kernel module', () => {
  it('tells its name, what it needs, and what it is for', () => {
    expect(FILES).toEqual({
      name: '9p',
      path: 'kernel/fs/9p/9p.ko',
      depends: ['9pnet'],
      before: ['9pnet_virtio'],
      aliases: ['fs-9p'],
    });
    expect(readModule('kernel/fs/9p/9p.ko', new Uint8Array(100))).toBeNull();
  });

  it.each([
    ['kernel/arch/x86/kvm/kvm-intel.ko.xz', 'kvm_intel'],
    ['modules.builtin', null],
    ['kernel/a.ko.txt', null],
  ])('%s has the name %s', (path, name) => {
    expect(moduleNameOf(path)).toBe(name);
  });

  it('is in tables as modprobe reads them: what is loaded last stands first', () => {
    const tables = moduleTables([NET, VIRTIO, TRANSPORT, FILES]);
    expect(text(tables.get('modules.dep')).split('\n')).toContain(
      'kernel/net/9p/9pnet_virtio.ko: kernel/net/9p/9pnet.ko kernel/drivers/virtio/virtio.ko',
    );
    expect(text(tables.get('modules.alias'))).toBe('alias virtio:d00000009v* 9pnet_virtio\nalias fs_9p 9p\n');
    expect(text(tables.get('modules.softdep'))).toBe('softdep 9p pre: 9pnet_virtio\n');
  });

  it('is chosen by its name, however its file is called', () => {
    const paths = [
      'kernel/fs/9p/9p.ko.xz',
      'kernel/drivers/block/virtio-blk.ko',
      'kernel/fs/xfs/xfs.ko',
      'modules.order',
    ];
    expect(moduleFiles(paths, modulesOf('minivm'))).toEqual(paths.slice(0, 2));
    expect(moduleFiles(paths, modulesOf('debian'))).toEqual(paths.slice(0, 3));
  });
});

describe('an index of modules', () => {
  it('has the bytes that depmod of kmod writes', () => {
    // depmod: magic, version, then the children of a node before it, the prefix that keys share, and the values.
    const bytes = Buffer.from(
      packIndex([
        { key: 'ab', value: 'x' },
        { key: 'ac', value: 'y' },
      ]),
    );
    expect(bytes.toString('hex')).toBe(
      [
        ...['b007f457', '00020001', 'a0000020'],
        ...['00000001', '00000000', '7800'],
        ...['00000001', '00000001', '7900'],
        ...['6100', '62', '63', '4000000c', '40000016'],
      ].join(''),
    );
  });

  it('of nothing is only its head', () => {
    expect(Buffer.from(packIndex([])).toString('hex')).toBe('b007f457000200010000000c');
  });
});
