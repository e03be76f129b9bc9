import { describe, expect, it } from 'vitest';
import { consolePortName, consolePortsOf } from '../../../lib/libvirt/machine/console-ports.ts';
import { parseXml } from '../../../lib/libvirt/xml/xml-document.ts';
import { renderDomain } from '../../support/render-domain.ts';
import { MARKS, sampleMachine } from '../../support/sample-machines.ts';

const portsIn = (xml: string) => consolePortsOf(parseXml(xml, 'a.xml'));
const channel = (name: string, mode = 'bind', path = "path='/run/a'"): string =>
  `<domain><devices><channel type='unix'><source mode='${mode}' ${path}/><target type='virtio' name='${name}'/></channel></devices></domain>`;

describe('ports for the consoles of other machines', () => {
  it('are read as they are rendered', () => {
    const machine = sampleMachine(
      'category: controller\nconsoles: [{ of: r0 }, { of: r1, write: on }]\n',
      'c0',
    );
    expect(portsIn(renderDomain(machine, MARKS))).toMatchObject([
      { of: 'r0', writes: false },
      { of: 'r1', writes: true },
    ]);
  });

  it('have paths that differ, and that a socket can have for the longest names', () => {
    const [name, first, second] = ['c', 'a', 'b'].map((letter) => letter.repeat(41));
    const machine = sampleMachine(
      `category: controller\nconsoles: [{ of: ${first} }, { of: ${second} }]\n`,
      name,
    );
    const paths = portsIn(renderDomain(machine, MARKS)).map(({ path }) => path);
    expect(new Set(paths).size).toBe(2);
    for (const path of paths) expect(path.length).toBeLessThan(107);
  });

  it.each([
    ['of another kind', channel('org.qemu.guest_agent.0')],
    ['that another program serves', channel(consolePortName({ of: 'r0', writes: true }), 'connect')],
    ['without a path', channel(consolePortName({ of: 'r0', writes: true }), 'bind', '')],
    ['of a name that no machine has', channel(consolePortName({ of: '../r0', writes: true }))],
  ])('are not those %s', (_kind, xml) => {
    expect(portsIn(xml)).toEqual([]);
  });
});
