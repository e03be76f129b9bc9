import { isUnknown, knownValue } from '../../../../base/known.ts';
import { shortAddress } from '../../../../pci/address.ts';
import { listSome } from '../../../safety/safety-rule.ts';
import { lackOf } from '../../access-control.ts';
import { withoutArgumentRemedy } from '../../remedies.ts';
import type { ValidatedHost } from '../../validated-host.ts';
import type { HostRule } from '../../validation-rule.ts';
import { holds, unknownVerdict, violated } from '../../verdict.ts';

/** Groups are as isolated as the kernel says. */
export const acsOverride: HostRule = {
  id: 'acs-override',
  title: 'IOMMU groups are as isolated as they look',
  grade: 'warn',
  purposes: ['passthrough', 'gpu'],
  meaning:
    'No port without access control (ACS) has devices of several groups behind it because the kernel was told to take it for a safe one (`pcie_acs_override=`, a patch that some kernels have). Such groups look isolated; a device can read and write the memory of another machine by way of its neighbour all the same.',
  evaluate: (host) => {
    const words = host.facts.kernel.arguments;
    if (isUnknown(words)) return unknownVerdict('what the kernel was told at its start', words);
    const word = words?.find((each) => each.startsWith('pcie_acs_override='));
    if (word === undefined) return holds('the kernel was not told to take ports for safe');
    const split = portsThatSplit(host);
    return violated(
      split.length > 0
        ? `groups behind ${listSome(split)} look isolated, and are not: the ports have no ACS`
        : 'the kernel was told to take ports for safe that have no ACS',
      {
        evidence: [`kernel command line: ${word}`],
        remedy: `give what is behind such a port to machines that trust each other, or ${withoutArgumentRemedy(word, host.facts)}`,
        ...(split.length > 0 ? {} : { grade: 'note' as const }),
      },
    );
  },
};

/** Ports without ACS with devices behind them that are in another group than the port. */
function portsThatSplit({ devices }: ValidatedHost): readonly string[] {
  const all = devices ?? [];
  return all
    .filter((port) => {
      if (lackOf(port).length === 0) return false;
      return all.some(
        (device) =>
          knownValue(device.location)?.bridges.at(-1) === port.address &&
          knownValue(device.iommuGroup) !== undefined &&
          knownValue(device.iommuGroup) !== knownValue(port.iommuGroup),
      );
    })
    .map(({ address }) => shortAddress(address));
}
