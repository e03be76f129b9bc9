import type { VfSettings } from '../../pci/sriov/vf-settings.ts';

/** Settings as arguments of `ip link set dev NAME vf N`. */
export function settingArguments(settings: VfSettings): readonly string[] {
  const { mac, vlan, trust, spoofCheck, linkState, rate } = settings;
  return [
    ...(mac === undefined ? [] : ['mac', mac]),
    ...(vlan === undefined ? [] : ['vlan', String(vlan.id), 'qos', String(vlan.qos)]),
    // Older kernels, and most drivers, support only the default protocol.
    ...(vlan === undefined || vlan.protocol === '802.1Q' ? [] : ['proto', vlan.protocol]),
    ...(trust === undefined ? [] : ['trust', onOff(trust)]),
    ...(spoofCheck === undefined ? [] : ['spoofchk', onOff(spoofCheck)]),
    ...(linkState === undefined ? [] : ['state', linkState]),
    ...(rate === undefined ? [] : ['max_tx_rate', String(rate.max), 'min_tx_rate', String(rate.min)]),
  ];
}

function onOff(value: boolean): string {
  return value ? 'on' : 'off';
}
