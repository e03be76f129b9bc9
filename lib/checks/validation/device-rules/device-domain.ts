import type { DeviceRule } from '../validation-rule.ts';
import { holds, violated } from '../verdict.ts';

export const deviceDomain: DeviceRule = {
  id: 'device-domain',
  title: 'libvirt supports its address',
  grade: 'fail',
  purposes: ['passthrough'],
  meaning:
    'Its PCI domain has at most 16 bits. A device behind a VMD controller has more, which libvirt does not support.',
  evaluate: ({ address }) => {
    const [domain = ''] = address.split(':');
    if (Number.parseInt(domain, 16) <= 0xffff) return holds('libvirt supports its address');
    return violated(`is in domain ${domain}, which libvirt does not support`, {
      remedy:
        'pass through the controller that creates the domain, or disable the controller in the firmware (VMD)',
    });
  },
};
