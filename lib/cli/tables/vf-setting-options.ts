import type { OptionDefinition, ValuesOf } from '../grammar/command.ts';

/** The settings of VFs. */
export const VF_SETTING_OPTIONS = {
  mac: {
    describe:
      'MAC: stable (derived from the card and the VF number, the same after every boot), driver (chosen by the VF driver) or, with --vf, an address; default for new VFs: stable',
    type: 'string',
    valueName: 'MAC',
    completes: 'nothing',
  },
  vlan: {
    describe: 'VLAN: none, an id, or an id with a priority: 100/5; 100/0/802.1ad for another protocol',
    type: 'string',
    valueName: 'VLAN',
    completes: 'nothing',
  },
  trust: {
    describe: 'Allow a VF to be promiscuous and to change its MAC: on, off',
    type: 'string',
    valueName: 'ON-OFF',
    suggestions: ['on', 'off'],
  },
  'spoof-check': {
    describe: 'Block packets of a VF whose source MAC is not its own: on, off',
    type: 'string',
    valueName: 'ON-OFF',
    suggestions: ['on', 'off'],
  },
  rate: {
    describe: 'Transmit rate of a VF in Mbit/s: none, a maximum, or minimum and maximum: 100-1000',
    type: 'string',
    valueName: 'RATE',
    completes: 'nothing',
  },
  link: {
    describe: 'Link state of a VF: auto (as the port), enable, disable',
    type: 'string',
    valueName: 'STATE',
    suggestions: ['auto', 'enable', 'disable'],
  },
} as const satisfies Record<string, OptionDefinition>;

export type VfSettingValues = ValuesOf<typeof VF_SETTING_OPTIONS>;
