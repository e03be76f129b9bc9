import { count } from '../../../../base/text.ts';
import { shortAddress, slotOf } from '../../../../pci/address.ts';
import { type IommuGroup, isBridge } from '../../../../pci/group/iommu-group.ts';
import { listSome } from '../../../safety/safety-rule.ts';
import { portsWithoutAcs } from '../../access-control.ts';
import { askedGroups, hasNoGroups } from '../../group-of.ts';
import type { ValidatedDevice } from '../../validation-fields.ts';
import type { HostRule } from '../../validation-rule.ts';
import { doesNotApply, holds, violated } from '../../verdict.ts';

export const groupIsolation: HostRule = {
  id: 'group-isolation',
  title: 'each card can be passed through on its own',
  grade: 'warn',
  purposes: ['passthrough', 'gpu'],
  meaning:
    'No IOMMU group contains devices of several cards, because a VM gets either all members of a group or none. Cards share a group if a port above them has no access control services (ACS), or if they are behind one conventional bridge. Several functions of one card in a group produce only a note.',
  evaluate: (host) => {
    const { devices: all } = host;
    const groups = askedGroups(host);
    if (hasNoGroups(host)) return doesNotApply('there are no IOMMU groups');
    if (groups.length === 0) return doesNotApply('no named device is in an IOMMU group');
    const shared = groups
      .map((group) => ({ group, devices: devicesOf(group) }))
      .filter(({ devices }) => devices.length > 1);
    const mixed = shared.filter(
      ({ devices }) => new Set(devices.map(({ address }) => slotOf(address))).size > 1,
    );
    const told = mixed.length > 0 ? mixed : shared;
    if (told.length === 0) return holds('each group has one device');
    const evidence = told.map(
      ({ group, devices }) =>
        `group ${group.id}: ${listSome(devices.map(({ address }) => shortAddress(address)))}`,
    );
    const ports = told.flatMap(({ devices }) =>
      devices.flatMap((device) => portsWithoutAcs(device, all ?? [])),
    );
    const without = [...new Set(ports.map(({ port, why }) => `${shortAddress(port)} ${why}`))];
    return violated(
      mixed.length > 0
        ? `devices of several cards share ${count(mixed.length, 'group')}: they go together, or stay`
        : `functions of one card share ${count(shared.length, 'group')}: they go together, or stay`,
      {
        evidence: [...evidence, ...without],
        remedy:
          'pass all devices of a group to one VM, or move cards to slots behind other ports: pci groups, pci tree',
        ...(mixed.length > 0 ? {} : { grade: 'note' as const }),
      },
    );
  },
};

/** The members that a VM could use. */
function devicesOf({ members }: IommuGroup<ValidatedDevice>): readonly ValidatedDevice[] {
  return members
    .filter(({ stays, behind, device }) => !stays && behind === null && !isBridge(device))
    .map(({ device }) => device);
}
