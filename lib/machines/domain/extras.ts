import type { XmlNode } from '../../libvirt/xml/xml-text.ts';
import type { ResolvedMachine } from '../resolved-machine.ts';
import { boardAddress } from './pci-places.ts';

/** The controller of USB; without a device that uses it there is none, which saves time at boot. */
export function usbController({ definition, disks }: ResolvedMachine): XmlNode {
  const isUsed = definition.display === 'vnc' || disks.some(({ bus }) => bus === 'usb');
  return {
    name: 'controller',
    // As many ports as it can have: beyond them libvirt adds hubs.
    attributes: {
      type: 'usb',
      index: '0',
      model: isUsed ? 'qemu-xhci' : 'none',
      ports: isUsed ? '15' : undefined,
    },
    content: isUsed ? [boardAddress('usb')] : [],
  };
}

/** The devices that a machine has only if its definition asks for them: TPM, watchdog, random numbers, vsock. */
export function extraNodes({ definition }: ResolvedMachine): readonly XmlNode[] {
  const { tpm, watchdog, rng, vsock } = definition;
  return [
    ...(tpm
      ? [
          {
            name: 'tpm',
            attributes: { model: 'tpm-crb' },
            content: [{ name: 'backend', attributes: { type: 'emulator', version: '2.0' } }],
          },
        ]
      : []),
    ...(watchdog === null
      ? []
      : [
          {
            name: 'watchdog',
            attributes: { model: 'i6300esb', action: watchdog },
            content: [boardAddress('watchdog')],
          },
        ]),
    // It would be a device that takes memory away from the guest, which nothing here does.
    { name: 'memballoon', attributes: { model: 'none' } },
    ...(rng
      ? [
          {
            name: 'rng',
            attributes: { model: 'virtio' },
            content: [
              { name: 'backend', attributes: { model: 'random' }, content: '/dev/urandom' },
              boardAddress('rng'),
            ],
          },
        ]
      : []),
    ...(vsock
      ? [
          {
            name: 'vsock',
            attributes: { model: 'virtio' },
            content: [{ name: 'cid', attributes: { auto: 'yes' } }, boardAddress('vsock')],
          },
        ]
      : []),
  ];
}
