import { expect, test } from 'vitest';
import { openHost } from '../../../lib/host/open-host.ts';
import { parseXml } from '../../../lib/libvirt/xml/xml-document.ts';
import { refuseStart } from '../../../lib/operations/assignment/guard-start.ts';

const host = openHost('fixtures/lab-intel.snapshot');

const ASSIGNED = `alias="ua-portal-gun-0000-06-00-0" policy="shared" address="0000:06:00.0" path="pci0000:00/07.0/00.0/00.0/00.0" id="8086:10d3" subsystem="8086:0000" serial="88-7a-6c-00-4a-9f-e7-a1" serial-at="0x140" mac="02:d2:f0:bf:63:56" group="17"`;

function hostdev(bus: string, slot: string, alias?: string): string {
  const named = alias === undefined ? '' : `<alias name='${alias}'/>`;
  return `<hostdev mode='subsystem' type='pci' managed='yes'><source><address domain='0x0000' bus='0x${bus}' slot='0x${slot}' function='0x0'/></source>${named}</hostdev>`;
}

/** What the hook says of a machine; `null` where it may start. */
function refusalOf(
  devices: string,
  assignments = '',
): { code: string; message: string; hint: string } | null {
  const metadata = `<metadata><p:machine xmlns:p='urn:portal-gun:machine:v1'>${assignments}</p:machine></metadata>`;
  const text = `<domain type='kvm'><name>it's</name><uuid>8a4daced-3874-4273-8ef2-0474238f9fb4</uuid><memory>1</memory>${metadata}<devices>${devices}</devices></domain>`;
  try {
    refuseStart(host, parseXml(text, 'the machine'));
    return null;
  } catch (error) {
    return error as { code: string; message: string; hint: string };
  }
}

const CARD = hostdev('06', '00', 'ua-portal-gun-0000-06-00-0');

test('a machine does not start with what the host uses by now, whoever gave it', () => {
  expect(refusalOf(hostdev('00', '02'))).toMatchObject({
    code: 'START_REFUSED',
    message: expect.stringMatching(/^0000:00:02\.0 contains the root file system: vda on \/ \(system-disk\)/),
    hint: 'this finding cannot be accepted while the host runs from it',
  });
  const uplink = refusalOf(hostdev('00', '0a'));
  expect(uplink?.message).toMatch(/^0000:00:0a\.0 .*\(net-address\)/);
  expect(uplink?.hint).toContain(`pci assign 0000:00:0a.0 --machine 'it'\\''s'`);
});

test('a machine starts with what was allowed when it was assigned, and with nothing else', () => {
  // Of a captured host it is not known where this session came from.
  expect(refusalOf(CARD, `<p:assignment ${ASSIGNED}/>`)?.message).toContain('(session)');
  expect(refusalOf(CARD, `<p:assignment ${ASSIGNED} allow="net-stack node-open session"/>`)).toBe(null);
  expect(
    refusalOf(CARD + hostdev('00', '0a'), `<p:assignment ${ASSIGNED} allow="net-stack node-open session"/>`)
      ?.message,
  ).toMatch(/^0000:00:0a\.0 /);
  expect(refusalOf(CARD, `<p:assignment ${ASSIGNED} allow="../x"/>`)).toMatchObject({ code: 'BAD_XML' });
});
