import { configBytes } from './config-bytes.ts';
import type { FunctionSpec, RangeSpec } from './host-spec.ts';
import type { HostTree } from './host-tree.ts';

const FLAGS = {
  io: 0x40101,
  memory32: 0x40200,
  memory64: 0x140204,
  prefetchable32: 0x42208,
  prefetchable64: 0x14220c,
} as const;
const ROM_FLAGS = 0x46200;
// IORESOURCE_MEM, IORESOURCE_ROM_SHADOW and IORESOURCE_PCI_FIXED: pci_fixup_video.
const SHADOW_FLAGS = 0x212;
/** The bits of a register that show its type. */
const REGISTER = { io: 1, memory32: 0, memory64: 4, prefetchable32: 8, prefetchable64: 0xc } as const;

/** Adds the directory of a function, without its relations to others: groups, drivers, VFs. */
export function putFunction(tree: HostTree, path: string, spec: FunctionSpec): void {
  const put = (name: string, value: string): void => tree.attribute(`${path}/${name}`, value);
  const [vendor = '', device = ''] = spec.ids.split(':');
  const [subVendor = '0000', subDevice = '0000'] = (spec.subsystem ?? '').split(':').filter(Boolean);
  put('vendor', `0x${vendor}`);
  put('device', `0x${device}`);
  put('subsystem_vendor', `0x${subVendor}`);
  put('subsystem_device', `0x${subDevice}`);
  put('class', `0x${spec.classCode}`);
  put('revision', `0x${spec.revision ?? '00'}`);
  put('modalias', modaliasOf(spec));
  tree.text(`${path}/uevent`, ueventOf(spec));
  put('driver_override', spec.driverOverride ?? '(null)');
  put('enable', spec.driver === undefined ? '0' : '1');
  put('irq', '0');
  put('numa_node', String(spec.numaNode ?? -1));
  put('power_state', spec.powerState ?? (spec.driver === undefined ? 'unknown' : 'D0'));
  tree.text(`${path}/resource`, resourceOf(spec));
  tree.bytes(`${path}/config`, (spec.config ?? configOf(spec)).slice(0, spec.readableConfigBytes));
  // In the kernel these files can only be written, even by root.
  for (const name of ['remove', 'rescan']) tree.deny(`${path}/${name}`);
  putExtras(tree, path, spec);
  for (const [name, value] of Object.entries(spec.attributes ?? {})) {
    if (value === null) tree.remove(`${path}/${name}`);
    else put(name, value);
  }
  for (const name of spec.denied ?? []) tree.deny(`${path}/${name}`);
}

function putExtras(tree: HostTree, path: string, spec: FunctionSpec): void {
  const put = (name: string, value: string): void => tree.attribute(`${path}/${name}`, value);
  if (spec.resetMethods !== undefined) {
    put('reset_method', spec.resetMethods);
    if (spec.resetMethods !== '') tree.deny(`${path}/reset`);
  }
  if (spec.link !== undefined) {
    const [speed, width, maxSpeed, maxWidth] = spec.link;
    put('current_link_speed', speed);
    put('current_link_width', String(width));
    put('max_link_speed', maxSpeed);
    put('max_link_width', String(maxWidth));
  }
  if (spec.bridge !== undefined) {
    put('secondary_bus_number', String(spec.bridge.secondary));
    put('subordinate_bus_number', String(spec.bridge.subordinate));
  }
  if (spec.sriov !== undefined) {
    put('sriov_totalvfs', String(spec.sriov.total));
    put('sriov_numvfs', String(spec.sriov.active));
    put('sriov_offset', String(spec.sriov.offset));
    put('sriov_stride', String(spec.sriov.stride));
    put('sriov_vf_device', spec.sriov.vfDevice);
    put('sriov_drivers_autoprobe', spec.sriov.autoprobe === false ? '0' : '1');
  }
  // The image can be read only after "1" was written to it; otherwise the kernel returns EINVAL.
  if (spec.rom !== undefined) tree.fail(`${path}/rom`, 'EINVAL');
  if (spec.bootVga !== undefined) put('boot_vga', spec.bootVga ? '1' : '0');
  if (spec.label !== undefined) put('label', spec.label);
  if (spec.vpd !== undefined) tree.bytes(`${path}/vpd`, spec.vpd);
  for (const type of spec.mdevTypes ?? []) put(`mdev_supported_types/${type}/available_instances`, '1');
  for (const [name, value] of Object.entries(spec.below ?? {})) put(name, value);
}

function modaliasOf(spec: FunctionSpec): string {
  const [vendor = '', device = '', subVendor = '0', subDevice = '0'] =
    `${spec.ids}:${spec.subsystem ?? '0:0'}`.split(':');
  const wide = (digits: string): string => digits.toUpperCase().padStart(8, '0');
  const [base, sub, programming] = [0, 2, 4].map((at) => spec.classCode.slice(at, at + 2).toUpperCase());
  return (
    `pci:v${wide(vendor)}d${wide(device)}sv${wide(subVendor)}sd${wide(subDevice)}` +
    `bc${base}sc${sub}i${programming}`
  );
}

function ueventOf(spec: FunctionSpec): string {
  const lines = [
    ...(spec.driver === undefined ? [] : [`DRIVER=${spec.driver}`]),
    `PCI_CLASS=${spec.classCode.replace(/^0+/, '').toUpperCase() || '0'}`,
    `PCI_ID=${spec.ids.toUpperCase()}`,
    `PCI_SUBSYS_ID=${(spec.subsystem ?? '0000:0000').toUpperCase()}`,
    `PCI_SLOT_NAME=${spec.address}`,
    `MODALIAS=${modaliasOf(spec)}`,
  ];
  return lines.map((line) => `${line}\n`).join('');
}

const hex64 = (value: number): string => `0x${value.toString(16).padStart(16, '0')}`;

/** 13 lines: the BARs, the ROM, and the VF BARs; a bridge also has its four windows. */
function resourceOf(spec: FunctionSpec): string {
  const lines = Array<string>(spec.bridge === undefined ? 13 : 17).fill(
    `${hex64(0)} ${hex64(0)} ${hex64(0)}`,
  );
  const set = (index: number, range: { at: number; sizeBytes: number }, flags: number): void => {
    lines[index] = `${hex64(range.at)} ${hex64(range.at + range.sizeBytes - 1)} ${hex64(flags)}`;
  };
  for (const [index, range] of barsOf(spec)) set(index, range, FLAGS[range.kind]);
  if (spec.rom !== undefined) set(6, spec.rom, spec.rom.isShadow === true ? SHADOW_FLAGS : ROM_FLAGS);
  return lines.map((line) => `${line}\n`).join('');
}

function configOf(spec: FunctionSpec): Uint8Array {
  const registers = Array<number>(6).fill(0);
  for (const [index, { kind, at }] of barsOf(spec)) {
    registers[index] = (at % 2 ** 32) + REGISTER[kind];
    if (kind.endsWith('64')) registers[index + 1] = Math.floor(at / 2 ** 32);
  }
  const rom = spec.rom?.isShadow === true ? 0 : (spec.rom?.at ?? 0);
  return configBytes({ ...spec, revision: spec.revision ?? '00', bars: registers, rom });
}

function barsOf(spec: FunctionSpec): readonly (readonly [number, RangeSpec])[] {
  return Object.entries(spec.bars ?? {}).map(([index, range]) => [Number(index), range]);
}
