import { describe, expect, it } from 'vitest';
import { portalInside } from '../support/pci-program.ts';
import { useProgramsIn } from '../support/programs-in.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

// What a real libvirt answers is in test/lab/portal.test.ts.

describe('where there is no virsh', () => {
  const folder = temporaryFolder();
  useProgramsIn(() => folder, { only: true });

  it.each([['list'], ['list', '--type', 'router'], ['tag', 'galaxy0', '--type', 'router']])(
    '%s %s %s says so, and what to install',
    async (...args) => {
      expect(await portalInside(args)).toEqual({
        exitCode: 7,
        stdout: '',
        stderr:
          'portal: virsh: is not installed [TOOL_MISSING]\nhint: install the package libvirt-clients (Debian), libvirt-client or libvirt\n',
      });
    },
  );

  it('is a document with --json', async () => {
    const { stdout, stderr } = await portalInside(['list', '--json']);
    expect(stderr).toContain('portal: virsh: is not installed [TOOL_MISSING]');
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'TOOL_MISSING', exitCode: 7 } });
  });
});
