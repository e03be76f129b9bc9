import type { XmlNode } from '../../libvirt/xml/xml-text.ts';
import type { ResolvedMachine } from '../resolved-machine.ts';
import { boardAddress } from './pci-places.ts';

/** The serial console: a socket of the machine, and a log of its output. */
export function serialNode({ paths }: ResolvedMachine): XmlNode {
  return {
    name: 'serial',
    attributes: { type: 'unix' },
    content: [
      { name: 'source', attributes: { mode: 'bind', path: paths.console } },
      { name: 'log', attributes: { file: paths.consoleLog, append: 'on' } },
      { name: 'target', attributes: { port: '0' } },
    ],
  };
}

/**
 * The display, if there is one. `vnc` can be seen by VNC on a socket: other users of the host could reach a
 * port, also one of its loopback interface.
 */
export function displayNodes({ definition }: ResolvedMachine): readonly XmlNode[] {
  const { display, architecture } = definition;
  if (display === 'none') return [];
  const model = display === 'virtio' || architecture === 'aarch64' ? 'virtio' : 'vga';
  const video: XmlNode = {
    name: 'video',
    content: [{ name: 'model', attributes: { type: model } }, boardAddress('display')],
  };
  if (display !== 'vnc') return [video];
  return [
    // Its pointer follows the pointer of the viewer.
    { name: 'input', attributes: { type: 'tablet', bus: 'usb' } },
    ...(architecture === 'aarch64' ? [{ name: 'input', attributes: { type: 'keyboard', bus: 'usb' } }] : []),
    {
      name: 'graphics',
      attributes: { type: 'vnc' },
      // libvirt chooses a path that the user of QEMU can create it at; virsh domdisplay shows it.
      content: [{ name: 'listen', attributes: { type: 'socket' } }],
    },
    video,
  ];
}
