import { afterEach, expect, it, vi } from 'vitest';
import { machineRemarks } from '../../../lib/cli/machine-remarks.ts';
import { livePorts } from '../../../lib/host/live/live-ports.ts';
import { HostSession } from '../../../lib/operations/session/host-session.ts';
import { inventorySourceOf } from '../../../lib/operations/session/inventory-source.ts';
import { askedUri, virshOf } from '../../../lib/operations/session/libvirt-connection.ts';
import { pciInside } from '../../support/pci-program.ts';

afterEach(() => vi.unstubAllEnvs());
const setVariable = (uri: string | undefined): void => {
  vi.stubEnv('LIBVIRT_DEFAULT_URI', uri);
};

const sessionWith = (connect?: string): HostSession => new HostSession(livePorts(), { connect });

it.each([
  [undefined, undefined, null, 'qemu:///system'],
  ['', undefined, null, 'qemu:///system'],
  ['qemu+ssh://star/system', undefined, 'LIBVIRT_DEFAULT_URI', 'qemu+ssh://star/system'],
  ['qemu+ssh://star/system', 'test:///default', '--connect', 'test:///default'],
])('by LIBVIRT_DEFAULT_URI=%j and --connect %j a libvirt is asked', (variable, connect, by, uri) => {
  setVariable(variable);
  const session = sessionWith(connect);
  expect(askedUri(session)?.by ?? null).toBe(by);
  expect(virshOf(session).uri).toBe(uri);
});

it('says which libvirt it is where the environment does, and stays silent otherwise', () => {
  setVariable('qemu+ssh://star\u001b/system');
  const note = 'pci: note: using the libvirt at qemu+ssh://star\\x1b/system (LIBVIRT_DEFAULT_URI)\n';
  const quiet = { json: false, verbose: false };
  expect(machineRemarks(quiet, sessionWith(), [], 'pci')).toBe(note);
  expect(machineRemarks({ ...quiet, json: true }, sessionWith(), [], 'pci')).toBe('');
  expect(machineRemarks(quiet, sessionWith('qemu:///system'), [], 'pci')).toBe('');
});

const asked = () => inventorySourceOf(new HostSession(livePorts(), { source: 'libvirt' }));

it('does not look for devices here where the environment names the libvirt of another host', async () => {
  setVariable('qemu+ssh://star/system');
  expect(await pciInside(['assignments'])).toMatchObject({
    exitCode: 2,
    stderr: expect.stringMatching(/^pci: LIBVIRT_DEFAULT_URI: names another host/),
  });
  expect(await asked()).toMatchObject({
    files: null,
    label: 'qemu+ssh://star/system',
  });
  setVariable('qemu:///session');
  expect((await asked()).files).not.toBe(null);
});

it('refuses an empty --connect', async () => {
  expect(await pciInside(['assignments', '--connect='])).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('--connect: is empty [BAD_ARGUMENT]'),
  });
});
