import { isUnknown, knownValue } from '../../../../base/known.ts';
import type { KernelWork } from '../../../../facts/host-use.ts';
import { isOfHost } from '../../../validation/host-driver.ts';
import type { SafetyDevice } from '../../safety-fields.ts';
import { listSome, type Observation, type SafetyRule, unknownFinding } from '../../safety-rule.ts';

// Serial ports, buses, sound and sensors: their own drivers use a DMA engine of the same function.
const OWN_ENGINES = /^(04|07|0c|11)/;
// DMA engines, accelerators, processors and coprocessors, USB controllers, and devices without a class.
const WORKERS = /^(08|0b|0c03|10|12|ff)/;

const TITLES: Readonly<Record<KernelWork['kind'], string>> = {
  dma: 'copying by',
  'work queue': 'work queue',
  algorithms: 'cryptography or compression of',
  usbip: 'another host that has USB device',
};

export const kernelUse: SafetyRule = {
  name: 'kernel-use',
  title: 'the kernel itself uses it',
  severity: 'refuses',
  meaning:
    'The kernel uses it: a channel of a DMA engine is allocated (`/sys/class/dma`), a work queue of an accelerator has clients (`/sys/bus/dsa`), algorithms of its driver are in use (`/proc/crypto`), for example by dm-crypt or IPsec, or another host uses one of its USB devices (usbip). No process has a node of it open. The kernel can crash if the device leaves its driver, and data in transfer is lost.',
  remedy: 'stop its users, or accept it: --allow kernel-use',
  find: (device, { host }) => {
    const work = (knownValue(host.use.kernelWork) ?? []).filter((each) => isOn(each, device));
    const sure = work.filter(({ functions }) => functions.length === 1);
    const [found] = [observe(sure, false), observe(work, true)].filter((each) => each !== null);
    if (found !== undefined) return [found];
    return isUnknown(host.use.kernelWork) && mayWork(device)
      ? [unknownFinding('use by the kernel itself', host.use.kernelWork)]
      : [];
  },
};

function isOn({ kind, functions }: KernelWork, device: SafetyDevice): boolean {
  if (!functions.includes(device.address)) return false;
  return kind !== 'dma' || !OWN_ENGINES.test(knownValue(device.class)?.code ?? '');
}

function observe(work: readonly KernelWork[], isUnsure: boolean): Observation | null {
  if (work.length === 0) return null;
  const titles = listSome(work.map(({ kind, name }) => `${TITLES[kind]} ${name}`));
  const evidence = work.map((each) => each.evidence);
  if (!isUnsure) return { message: `is in use by the kernel: ${titles}`, evidence };
  const message = `cannot be checked: the kernel uses this device or another device of its driver: ${titles}`;
  return { message, evidence, isUnknown: true };
}

function mayWork(device: SafetyDevice): boolean {
  const code = knownValue(device.class)?.code;
  return isOfHost(device) && (code === undefined || WORKERS.test(code));
}
