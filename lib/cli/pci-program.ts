import { VERSION } from '../base/version.ts';
import { isFailure } from '../host/host-reader.ts';
import { openLiveHost } from '../host/open-host.ts';
import { DEVICE_CATEGORIES } from '../pci/device-class.ts';
import { SELECTOR_KEYS } from '../pci/selector-parser.ts';
import { SYS_PATHS } from '../sysfs/paths.ts';
import { PCI_COMMANDS } from './pci-commands.ts';
import type { Program } from './program.ts';

/** The program `pci`. */
export const PCI_PROGRAM: Program = {
  name: 'pci',
  summary: "A Linux host's PCI hardware, and all that giving it to virtual machines depends on.",
  version: VERSION,
  commands: PCI_COMMANDS,
  complete: completeSelector,
};

const TAKES_SELECTORS = [
  'list',
  'show',
  'groups',
  'tree',
  'bind',
  'unbind',
  'sriov list',
  'sriov set',
  'rom list',
  'rom inspect',
  'rom dump',
  'xml',
  'validate',
];

/** Selectors, and the addresses of this machine. A colon ends a word in bash, so addresses are given from their start. */
function completeSelector(word: string, command: string | undefined): readonly string[] {
  if (command === undefined || !TAKES_SELECTORS.includes(command)) return [];
  const addresses = openLiveHost().list(SYS_PATHS.pciDevices);
  const candidates = [
    ...(addresses === null || isFailure(addresses) ? [] : addresses),
    ...DEVICE_CATEGORIES.map((category) => `class=${category}`),
    ...SELECTOR_KEYS.map((key) => `${key}=`),
    'pf',
    'vf',
  ];
  return candidates.filter((candidate) => candidate.startsWith(word));
}
