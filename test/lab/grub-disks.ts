import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { programOf, type RootFileSystem } from './root-file-system.ts';

const MODULES = ['biosdisk', 'ext2', 'normal', 'linux', 'serial', 'terminal', 'search', 'search_fs_file'];
/** SeaBIOS reads no disk that has not one whole cylinder. */
const LOADER_BYTES = 8 * 1024 * 1024;
const DISK = '64M';

/** The disks of a guest whose GRUB is at its serial port: that of the boot loader, and that of what it boots. */
export interface GrubDisks {
  readonly loader: string;
  readonly data: string;
}

/**
 * Makes disks that boot by GRUB with a menu of entries, which waits for a key. Each boots the same kernel, with
 * `entry=NAME` on its command line.
 *
 * @param folder where the disks are put
 */
export async function grubDisks(
  { tree }: RootFileSystem,
  folder: string,
  { kernel, initrd }: { readonly kernel: string; readonly initrd: string },
  entries: readonly string[],
): Promise<GrubDisks> {
  const [loader, data] = [join(folder, 'loader.img'), join(folder, 'data.img')];
  const work = mkdtempSync(join(folder, 'grub-'));
  const run = async (path: string, args: readonly string[]): Promise<void> => {
    const { program, args: words } = programOf(tree, path, args);
    await execa(program, words);
  };
  try {
    const early = join(work, 'early.cfg');
    writeFileSync(early, 'search --file --set=root /grub/grub.cfg\nset prefix=($root)/grub\n');
    const [modules, core] = [join(tree, 'usr/lib/grub/i386-pc'), join(work, 'core.img')];
    await run('usr/bin/grub-mkimage', [
      ...['-O', 'i386-pc', '-d', modules, '-p', '/grub', '-c', early, '-o', core],
      ...MODULES,
    ]);
    // Behind the first sector is where the first sector looks for it, as on a disk that GRUB was installed on.
    const image = Buffer.concat([readFileSync(join(modules, 'boot.img')), readFileSync(core)]);
    writeFileSync(loader, image);
    truncateSync(loader, LOADER_BYTES);

    const contents = join(work, 'contents');
    mkdirSync(join(contents, 'grub'), { recursive: true });
    copyFileSync(kernel, join(contents, 'vmlinuz'));
    copyFileSync(initrd, join(contents, 'initrd'));
    const menu = entries.map(
      (name) => `menuentry '${name} entry' {
  linux /vmlinuz console=ttyS0 quiet panic=-1 entry=${name}
  initrd /initrd
}
`,
    );
    const config =
      'serial --unit=0 --speed=115200\nterminal_input serial\nterminal_output serial\nset timeout=-1\n';
    writeFileSync(join(contents, 'grub/grub.cfg'), config + menu.join(''));
    await run('usr/sbin/mke2fs', ['-q', '-t', 'ext2', '-d', contents, data, DISK]);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return { loader, data };
}
