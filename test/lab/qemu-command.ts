import { join } from 'node:path';
import type { LabMachine } from './machines.ts';
import { type Command, programOf, type RootFileSystem } from './root-file-system.ts';

/** How one boot of a machine differs from another. */
export interface BootPlan {
  readonly machine: LabMachine;
  readonly root: RootFileSystem;
  /** What the machine writes its disk to: a qcow2 file over the image; `null` for a disk that forgets. */
  readonly disk: string | null;
  readonly init: 'quick' | 'systemd';
  /** The initial RAM disk; `null` for the one of the root file system. */
  readonly initrd: string | null;
  readonly kernelArguments: readonly string[];
  /** Whether what is in the first sector of the disk boots it, and no kernel is given. */
  readonly bootsItself: boolean;
  readonly memoryMib: number;
  /** Whether its processor has what KVM needs. */
  readonly nested: boolean;
  /** The project, shared for reading. */
  readonly project: string;
  /** The folder that is `/lab` inside. */
  readonly folder: string;
  /** The socket that the agent is heard on. */
  readonly socket: string;
  readonly consoleLog: string;
  /** Whether its second console is the terminal that we are started from. */
  readonly terminal: boolean;
}

const INITS = { quick: '/lab-init', systemd: '/usr/lib/systemd/systemd' } as const;

const CPU = 'Nehalem,+rdrand';
/** Of AMD's virtualization QEMU emulates what KVM needs, and of Intel's nothing. */
const CPU_WITH_SVM = 'EPYC,-avx,-avx2,-f16c,-fma';

/** QEMU for one boot. */
export function qemuCommand(plan: BootPlan): Command {
  const { machine, root } = plan;
  const cpu = plan.nested ? CPU_WITH_SVM : CPU;
  const disk =
    plan.disk === null
      ? `file=${root.disk},format=raw,snapshot=on`
      : `file=${plan.disk},format=qcow2,cache=unsafe`;
  const kernelArguments = [
    ...['root=/dev/vda', 'rw', 'console=ttyS0', 'quiet', `init=${INITS[plan.init]}`],
    // What is long under emulation, and shows in nothing that is looked at here.
    ...['mitigations=off', 'cryptomgr.notests'],
    // Where the machine outside is busy, an idle processor may not be woken by its one-shot timer any more, and all
    // hangs; by a tick it is.
    ...['nohz=off', 'highres=off'],
    // For the same reason the kernel may find that the timer does not tick at all, and gives up.
    'no_timer_check',
    ...machine.kernelArguments,
    ...plan.kernelArguments,
  ];
  return programOf(root.tree, 'usr/bin/qemu-system-x86_64', [
    ...['-L', join(root.tree, 'usr/share/qemu'), '-L', join(root.tree, 'usr/share/seabios')],
    ...['-nodefaults', '-display', 'none', '-no-reboot'],
    // Never KVM, also where there is one: what the tests see is then the same everywhere.
    ...['-machine', machine.board, '-accel', 'tcg,thread=multi', '-cpu', cpu, '-smp', '1'],
    ...['-m', `${plan.memoryMib}M`],
    ...(plan.bootsItself
      ? []
      : [
          ...['-kernel', root.kernel, '-initrd', plan.initrd ?? root.initrd[plan.init]],
          ...['-append', kernelArguments.join(' ')],
        ]),
    // Option ROMs are there to be read. The firmware runs that of the display alone (1, as a number): those of
    // network cards look for a boot that nobody wants, a second or two each.
    ...['-fw_cfg', 'name=etc/pci-optionrom-exec,string=\u0001'],
    ...machine.devices,
    ...['-drive', `${disk},if=none,id=root`],
    ...(machine.rootDisk ?? [
      '-device',
      `virtio-blk-pci,drive=root,addr=02.0${plan.bootsItself ? ',bootindex=0' : ''}`,
    ]),
    ...['-device', 'virtio-serial-pci,id=serial,addr=03.0'],
    ...['-chardev', `socket,id=agent,path=${plan.socket}`],
    ...['-device', 'virtserialport,chardev=agent,name=lab,bus=serial.0,nr=1'],
    ...(plan.terminal
      ? [
          '-chardev',
          'stdio,id=terminal,signal=off',
          '-device',
          'virtconsole,chardev=terminal,bus=serial.0,nr=2',
        ]
      : []),
    ...share('project', plan.project, '0b.0', true),
    ...share('lab', plan.folder, '0c.0', false),
    ...['-chardev', `file,id=console,path=${plan.consoleLog}`, '-serial', 'chardev:console'],
  ]);
}

function share(tag: string, path: string, addr: string, readOnly: boolean): readonly string[] {
  return [
    ...['-fsdev', `local,id=${tag},path=${path},security_model=none${readOnly ? ',readonly=on' : ''}`],
    ...['-device', `virtio-9p-pci,fsdev=${tag},mount_tag=${tag},addr=${addr}`],
  ];
}
