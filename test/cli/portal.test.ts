import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { PROGRAM_PLACES } from '../../lib/host/live-runner.ts';
import { portal } from '../support/pci-program.ts';

// What a real libvirt answers is in test/lab/portal.test.ts.

const virsh = await execa('virsh', ['--version'], { env: { PATH: PROGRAM_PLACES }, reject: false });

describe.skipIf(virsh.code !== 'ENOENT')('where there is no virsh', () => {
  it.each([['list'], ['list', '--type', 'router'], ['tag', 'galaxy0', '--type', 'router']])(
    '%s %s %s says so, and what to install',
    async (...args) => {
      expect(await portal(args, { env: { PATH: PROGRAM_PLACES } })).toEqual({
        exitCode: 7,
        stdout: '',
        stderr:
          'portal: virsh: is not there [TOOL_MISSING]\nhint: install it: in Debian it is of the package libvirt-clients, elsewhere of libvirt-client or libvirt\n',
      });
    },
  );

  it('is a document with --json', async () => {
    const { stdout, stderr } = await portal(['list', '--json'], { env: { PATH: PROGRAM_PLACES } });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'TOOL_MISSING', exitCode: 7 } });
  });
});
