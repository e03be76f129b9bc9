import { knownValue } from '../../base/known.ts';
import { isPassthroughDriver } from '../../pci/iommu-group.ts';
import type { SafetyRule } from '../safety-rule.ts';

// Ethernet, "other" as wireless cards call themselves, and wireless: of those every driver makes an interface.
const CLASSES = /^(0200|0280|0d)/;
const WITHOUT_INTERFACE = /^(uio_pci_generic|igb_uio|pciback|xen-pciback)$/;

/** A network card with a driver and no interface to be seen. */
export const netElsewhere: SafetyRule = {
  name: 'net-elsewhere',
  title: 'its network interface is somewhere else',
  severity: 'refuses',
  meaning:
    'A driver of the host has it, and no network interface of it is to be seen: it is most likely in another network namespace, where a container uses it.',
  remedy: 'look for it: ip netns, lsns --type net; stop the container, or accept it: --allow net-elsewhere',
  find: ({ class: deviceClass, driver, netInterfaces }) => {
    const name = knownValue(driver);
    if (name === undefined || isPassthroughDriver(name) || WITHOUT_INTERFACE.test(name)) return [];
    if (!CLASSES.test(knownValue(deviceClass)?.code ?? '')) return [];
    if (knownValue(netInterfaces)?.length !== 0) return [];
    const message = `has its network interface somewhere else: ${name} drives it, and none is to be seen here`;
    return [{ message, evidence: [`driver ${name}, nothing below net/`] }];
  },
};
