import type { OptionDefinition, ValuesOf } from '../grammar/command.ts';

/** What VFs are set to. */
export const VF_SETTING_OPTIONS = {
  mac: {
    describe:
      'stable: one that follows from the card and the number of the VF, the same after every boot; driver: whichever the VF makes up; or, for --vf, a MAC. VFs that are made get the stable one by default',
    type: 'string',
    valueName: 'MAC',
    completes: 'nothing',
  },
  vlan: {
    describe: 'none, a VLAN, or one with a priority: 100/5; 100/0/802.1ad for another protocol',
    type: 'string',
    valueName: 'VLAN',
    completes: 'nothing',
  },
  trust: {
    describe: 'Whether a VF may be promiscuous and change its MAC: on, off',
    type: 'string',
    valueName: 'ON-OFF',
    suggestions: ['on', 'off'],
  },
  'spoof-check': {
    describe: 'Whether a VF is kept from sending under a MAC that is not its own: on, off',
    type: 'string',
    valueName: 'ON-OFF',
    suggestions: ['on', 'off'],
  },
  rate: {
    describe: 'none, the most that a VF sends in Mbit/s, or the least and the most: 100-1000',
    type: 'string',
    valueName: 'RATE',
    completes: 'nothing',
  },
  link: {
    describe: 'Whether a VF has a link: auto as the port has, enable, disable',
    type: 'string',
    valueName: 'STATE',
    suggestions: ['auto', 'enable', 'disable'],
  },
} as const satisfies Record<string, OptionDefinition>;

export type VfSettingValues = ValuesOf<typeof VF_SETTING_OPTIONS>;
