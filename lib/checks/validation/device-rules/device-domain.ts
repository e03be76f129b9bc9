import type { DeviceRule } from '../validation-rule.ts';
import { holds, violated } from '../verdict.ts';

/** libvirt can name it. */
export const deviceDomain: DeviceRule = {
  id: 'device-domain',
  title: 'it has an address that libvirt can say',
  grade: 'fail',
  purposes: ['passthrough'],
  meaning:
    'Its PCI domain has no more than 16 bits. One behind a VMD controller has more, and libvirt can not say its address.',
  evaluate: ({ address }) => {
    const [domain = ''] = address.split(':');
    if (Number.parseInt(domain, 16) <= 0xffff) return holds('its address is one that libvirt can say');
    return violated(`is in the domain ${domain}, which libvirt can not say`, {
      remedy: 'give the controller that makes the domain, or have it switched off in the firmware (VMD)',
    });
  },
};
