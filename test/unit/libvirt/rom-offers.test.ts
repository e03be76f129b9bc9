import { expect, test } from 'vitest';
import { romOffers } from '../../../lib/libvirt/hostdev/rom-offers.ts';
import { readMachines } from '../../../lib/libvirt/machine/read-machines.ts';
import { domainXml, MadeUpLibvirt, uuidOf } from '../../support/made-up-libvirt.ts';

const hostdev = (slot: number, rom: string) =>
  `<hostdev mode='subsystem' type='pci'><source><address domain='0' bus='1' slot='${slot}' function='0'/></source>${rom}</hostdev>`;

test('machines get what their definitions say of a ROM, and the ROM itself where they say nothing', async () => {
  const inside = [
    hostdev(0, ''),
    hostdev(1, "<rom bar='off'/>"),
    hostdev(2, "<rom enabled='no'/>"),
    hostdev(3, "<rom bar='on' file='/usr/share/vgabios/card.rom'/>"),
  ].join('');
  const [a, b] = [uuidOf(1), uuidOf(2)];
  const { machines } = await readMachines(
    new MadeUpLibvirt([
      { uuid: a, definition: domainXml('a', a, `<devices>${inside}</devices>`) },
      { uuid: b, definition: domainXml('b', b, `<devices>${hostdev(1, '')}</devices>`) },
    ]),
    'look',
  );
  expect([...romOffers(machines)]).toEqual([
    ['0000:01:00.0', [{ machine: 'a', rom: 'on', file: null }]],
    [
      '0000:01:01.0',
      [
        { machine: 'a', rom: 'off', file: null },
        { machine: 'b', rom: 'on', file: null },
      ],
    ],
    ['0000:01:02.0', [{ machine: 'a', rom: 'off', file: null }]],
    ['0000:01:03.0', [{ machine: 'a', rom: 'file', file: '/usr/share/vgabios/card.rom' }]],
  ]);
});
