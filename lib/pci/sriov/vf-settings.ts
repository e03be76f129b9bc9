/** The VLAN of a VF, which the VF does not see: the PF tags its packets, and removes the tag from packets for it. */
export interface VfVlan {
  /** 1 to 4094; 0 for none. */
  readonly id: number;
  /** Priority, 0 to 7. */
  readonly qos: number;
  readonly protocol: '802.1Q' | '802.1ad';
}

/** In Mbit/s; 0 for no limit. */
export interface VfRate {
  readonly min: number;
  readonly max: number;
}

/**
 * The settings of a VF that the PF of a network card enforces. A missing key is one that the driver does not report,
 * or that was not requested.
 */
export interface VfSettings {
  /** Lower case, with colons; {@link NO_MAC} if none was assigned, and the driver of the VF generates one. */
  readonly mac?: string;
  readonly vlan?: VfVlan;
  /** Whether the VF may do what affects others: promiscuous mode, a change of its MAC. */
  readonly trust?: boolean;
  /** Whether it is prevented from sending with another MAC than its own. */
  readonly spoofCheck?: boolean;
  /**
   * Its link state: that of the port, always up (VFs of the card can then communicate without a cable), or always
   * down.
   */
  readonly linkState?: VfLinkState;
  readonly rate?: VfRate;
}

export const VF_LINK_STATES = ['auto', 'enable', 'disable'] as const;
export type VfLinkState = (typeof VF_LINK_STATES)[number];

/** Every key, in the order in which they are set and listed. */
export const VF_SETTINGS = [
  'mac',
  'vlan',
  'trust',
  'spoofCheck',
  'linkState',
  'rate',
] as const satisfies readonly (keyof VfSettings)[];

export const NO_MAC = '00:00:00:00:00:00';
export const NO_VLAN: VfVlan = { id: 0, qos: 0, protocol: '802.1Q' };

export function isNoVlan({ id, qos }: VfVlan): boolean {
  return id === 0 && qos === 0;
}

export function isNoRate({ min, max }: VfRate): boolean {
  return min === 0 && max === 0;
}

/** The wanted settings that are not in effect. */
export function missingSettings(wanted: VfSettings, actual: VfSettings): VfSettings {
  const keys = VF_SETTINGS.filter((key) => wanted[key] !== undefined && !isSame(wanted[key], actual[key]));
  return Object.fromEntries(keys.map((key) => [key, wanted[key]]));
}

function isSame(a: VfSettings[keyof VfSettings], b: VfSettings[keyof VfSettings]): boolean {
  if (typeof a !== 'object' || typeof b !== 'object') return a === b;
  return Object.entries(a).every(([key, value]) => (b as unknown as Record<string, unknown>)[key] === value);
}

/** A setting as text: `MAC 02:ab:cd:00:11:22`, `VLAN 100`, `trust on`. */
export function settingWords(settings: VfSettings): readonly string[] {
  const { mac, vlan, trust, spoofCheck, linkState, rate } = settings;
  return [
    ...(mac === undefined ? [] : [mac === NO_MAC ? 'no MAC' : `MAC ${mac}`]),
    ...(vlan === undefined ? [] : [vlanWords(vlan)]),
    ...(trust === undefined ? [] : [`trust ${trust ? 'on' : 'off'}`]),
    ...(spoofCheck === undefined ? [] : [`spoof check ${spoofCheck ? 'on' : 'off'}`]),
    ...(linkState === undefined ? [] : [`link ${linkState}`]),
    ...(rate === undefined ? [] : [rateWords(rate)]),
  ];
}

function vlanWords(vlan: VfVlan): string {
  const { id, qos, protocol } = vlan;
  if (isNoVlan(vlan)) return 'no VLAN';
  return `VLAN ${id}${qos === 0 ? '' : `, priority ${qos}`}${protocol === '802.1Q' ? '' : ` (${protocol})`}`;
}

function rateWords(rate: VfRate): string {
  const { min, max } = rate;
  if (isNoRate(rate)) return 'no rate limit';
  return `${min === 0 ? 'at most' : `${min} to`} ${max === 0 ? 'any' : max} Mbit/s`;
}
