import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { pciInside } from '../support/pci-program.ts';
import { useProgramsIn } from '../support/programs-in.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { expectSameRows, type ValidationDocument } from './check-validation.ts';
import { describeLab } from './describe-lab.ts';
import { programOf } from './root-file-system.ts';

// The machines of the lab are judged in readers-*.test.ts.

describeLab('the machine that the tests run on, by virt-host-validate of the lab', (root) => {
  const folder = temporaryFolder();
  useProgramsIn(() => folder);

  test('is judged as that does, with its own rows beside', async () => {
    const { program, args } = programOf(root.tree, 'usr/bin/virt-host-validate', []);
    const words = [program, ...args].map((word) => `'${word}'`).join(' ');
    writeFileSync(join(folder, 'virt-host-validate'), `#!/bin/sh\nexec ${words} "$@"\n`, { mode: 0o755 });
    const env = { LC_ALL: 'C' };
    const { stdout } = await execa(join(folder, 'virt-host-validate'), ['qemu'], { env, reject: false });
    const outcome = await pciInside(['validate', '--json']);
    expect([0, 1]).toContain(outcome.exitCode);
    expectSameRows(stdout, JSON.parse(outcome.stdout) as ValidationDocument);
  });
});
