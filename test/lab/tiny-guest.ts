import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { execa } from 'execa';
import type { RunningLibvirtd } from './libvirtd.ts';
import type { RootFileSystem } from './root-file-system.ts';

/** The least that is a guest: the lab's kernel, emulated, and an init that says so when it is reached. */
export interface TinyGuest {
  /** What `virsh define` takes. */
  readonly xml: string;
  /** Its kernel and its initial RAM disk, outside of the daemon. */
  readonly kernel: string;
  readonly initrd: string;
  /** What {@link console} holds as soon as the guest's init runs: about 9 s of a processor after its start. */
  readonly marker: string;
  /** What it has printed since its last start; empty before the first. */
  console(): string;
}

/**
 * Makes what the guest boots, in the folder that it shares with the daemon. Name: no characters special in XML.
 *
 * @param options `onceUp`: what its init does behind the marker; lines for the shell of busybox
 */
export async function tinyGuest(
  root: RootFileSystem,
  libvirtd: RunningLibvirtd,
  options: { readonly name: string; readonly onceUp: 'stay' | 'power-off' | readonly string[] },
): Promise<TinyGuest> {
  const { name, onceUp } = options;
  const consoleLog = join(libvirtd.folder, `${name}.console`);
  const initrd = join(libvirtd.folder, `${name}.initrd`);
  const marker = `portal-gun: guest ${name} is up`;
  await packInitrd(root, initrd, [
    '#!/bin/busybox sh',
    `echo '${marker}'`,
    ...(typeof onceUp === 'string' ? [ONCE_UP[onceUp]] : onceUp),
  ]);
  return {
    xml: `<domain type='qemu'>
  <name>${name}</name>
  <memory unit='MiB'>128</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch='x86_64' machine='q35'>hvm</type>
    <kernel>/${relative(root.tree, root.kernel)}</kernel>
    <initrd>${initrd}</initrd>
    <cmdline>console=ttyS0 quiet panic=-1</cmdline>
  </os>
  <features><acpi/></features>
  <cpu mode='maximum'/>
  <on_reboot>destroy</on_reboot>
  <on_crash>destroy</on_crash>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <serial type='file'><source path='${consoleLog}'/></serial>
    <memballoon model='none'/>
  </devices>
</domain>
`,
    kernel: root.kernel,
    initrd,
    marker,
    console: () => (existsSync(consoleLog) ? readFileSync(consoleLog, 'utf8') : ''),
  };
}

const ONCE_UP = {
  stay: 'while :; do /bin/busybox sleep 3600; done',
  'power-off': '/bin/busybox poweroff -f',
} as const;

/** An initial RAM disk of busybox and an init, packed by that same busybox. */
async function packInitrd(root: RootFileSystem, initrd: string, init: readonly string[]): Promise<void> {
  const busybox = join(root.tree, 'usr/bin/busybox');
  const contents = mkdtempSync(`${initrd}.`);
  try {
    mkdirSync(join(contents, 'bin'));
    copyFileSync(busybox, join(contents, 'bin/busybox'));
    writeFileSync(join(contents, 'init'), `${init.join('\n')}\n`);
    chmodSync(join(contents, 'init'), 0o755);
    await execa(busybox, ['cpio', '-o', '-H', 'newc', '-F', initrd], {
      cwd: contents,
      input: 'init\nbin\nbin/busybox\n',
    });
  } finally {
    rmSync(contents, { recursive: true, force: true });
  }
}
