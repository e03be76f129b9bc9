import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { PROTOCOL } from '../../lib/guest/agent/greeting.ts';
import { packGuest } from '../../lib/machines/boot/guest-archive.ts';
import { moduleFiles } from '../../lib/machines/boot/guest-modules.ts';
import { type KernelModule, moduleTables, readModule } from '../../lib/machines/boot/kernel-modules.ts';
import type { RunningLibvirtd } from './libvirtd.ts';
import type { MachineHost } from './machine-host.ts';
import type { RootFileSystem } from './root-file-system.ts';

const NAMES = '/var/lib/portal-gun/boot/names';
/** What the agent and shares need. A real profile has many more, which cost time at each emulated boot. */
const MODULES = ['virtio_pci', 'virtio_console', '9p', '9pnet_virtio'];

/**
 * Gives the store of a host the boot assets `minivm`: our initramfs, with the agent, of the lab's kernel, its modules
 * and busybox. To build them of packages would cost minutes.
 */
export async function storeMinivm(
  root: RootFileSystem,
  { folder }: RunningLibvirtd,
  host: MachineHost,
): Promise<void> {
  const kernelVersion = basename(root.kernel).replace('vmlinuz-', '');
  const initrd = join(folder, 'minivm.initrd');
  const busybox = readFileSync(join(root.tree, 'usr/bin/busybox'));
  const modules = takeModules(join(root.tree, 'usr/lib/modules', kernelVersion));
  writeFileSync(initrd, packGuest({ busybox, kernelVersion, modules }));
  const store = async (file: string, name: string): Promise<Record<string, unknown>> => {
    const { exitCode, stderr } = await host.portal(['boot', 'import', file, '--name', name]);
    if (exitCode !== 0) throw new Error(`portal boot import ${file}: ${stderr}`);
    return JSON.parse(readFileSync(host.outside(`${NAMES}/${name}.json`), 'utf8'));
  };
  const kernel = await store(root.kernel, 'minivm');
  const record = { ...kernel, initrd: (await store(initrd, 'initramfs'))['initrd'], agent: PROTOCOL };
  writeFileSync(host.outside(`${NAMES}/minivm.json`), JSON.stringify(record));
}

/** The modules with those that they need, and their tables. The lab has small ones uncompressed. */
function takeModules(base: string): ReadonlyMap<string, Uint8Array> {
  const paths = readdirSync(base, { recursive: true }) as string[];
  const taken = new Map<string, KernelModule>();
  const files = new Map<string, Uint8Array>();
  let missing: readonly string[] = MODULES;
  while (missing.length > 0) {
    const found = moduleFiles(paths, new Set(missing));
    for (const path of found) {
      const bytes = readFileSync(join(base, path));
      const module = readModule(path, bytes);
      if (module === null) throw new Error(`${path} is compressed, or is no module`);
      taken.set(module.name, module);
      files.set(path, bytes);
    }
    if (found.length === 0) break;
    missing = [...taken.values()].flatMap(({ depends }) => depends).filter((name) => !taken.has(name));
  }
  for (const [name, table] of moduleTables([...taken.values()])) files.set(name, table);
  return files;
}
