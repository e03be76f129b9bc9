import { isUnknown, knownValue } from '../../../../base/known.ts';
import { shortAddress } from '../../../../pci/address.ts';
import { listSome } from '../../../safety/safety-rule.ts';
import { lackOf } from '../../access-control.ts';
import { withoutArgumentRemedy } from '../../remedies.ts';
import type { ValidatedHost } from '../../validated-host.ts';
import type { HostRule } from '../../validation-rule.ts';
import { holds, unknownVerdict, violated } from '../../verdict.ts';

export const acsOverride: HostRule = {
  id: 'acs-override',
  title: 'IOMMU groups are as isolated as they look',
  grade: 'warn',
  purposes: ['passthrough', 'gpu'],
  meaning:
    'No port without access control services (ACS) has devices of several groups behind it because the kernel was configured to treat it as safe (`pcie_acs_override=`, a patch in some kernels). Such groups look isolated, but a device can read and write the memory of another VM through its neighbor.',
  evaluate: (host) => {
    const words = host.facts.kernel.arguments;
    if (isUnknown(words)) return unknownVerdict('the kernel command line', words);
    const word = words?.find((each) => each.startsWith('pcie_acs_override='));
    if (word === undefined) return holds('no port is configured as safe by an override');
    const split = portsThatSplit(host);
    return violated(
      split.length > 0
        ? `groups behind ${listSome(split)} look isolated but are not: the ports have no ACS`
        : 'the kernel is configured to treat ports without ACS as safe',
      {
        evidence: [`kernel command line: ${word}`],
        remedy: `pass devices behind such a port only to VMs that trust each other, or ${withoutArgumentRemedy(word, host.facts)}`,
        ...(split.length > 0 ? {} : { grade: 'note' as const }),
      },
    );
  },
};

/** Ports without ACS that have devices behind them in another group than the port. */
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
