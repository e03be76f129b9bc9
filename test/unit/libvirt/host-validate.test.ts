import { describe, expect, it } from 'vitest';
import type { Run, Runner } from '../../../lib/host/runner.ts';
import { parseHostValidate, runHostValidate } from '../../../lib/libvirt/host-validate.ts';

// As libvirt 11.3 prints it in a machine of the lab; test/lab/describe-readers.ts runs the program itself.
const OUTPUT = `  QEMU: Checking for hardware virtualization                                 : FAIL (Host not compatible with KVM; HW virtualization CPU features not found. Only emulated CPUs are available; performance will be significantly limited)
  QEMU: Checking if device '/dev/vhost-net' exists                           : WARN (Load the 'vhost_net' module to improve performance of virtio networking)
  QEMU: Checking for cgroup 'cpu' controller support                         : PASS
  QEMU: Checking if IOMMU is enabled by kernel                               : PASS
  QEMU: Checking for secure guest support                                    : WARN (Unknown if this platform has Secure Guest support)
`;

const runner = (run: Run): Runner => ({ run: async () => run });

describe('what virt-host-validate reports', () => {
  it('is read line by line', () => {
    expect(parseHostValidate(OUTPUT)).toEqual([
      {
        text: 'hardware virtualization',
        word: 'FAIL',
        message:
          'Host not compatible with KVM; HW virtualization CPU features not found. Only emulated CPUs are available; performance will be significantly limited',
      },
      {
        text: "device '/dev/vhost-net' exists",
        word: 'WARN',
        message: "Load the 'vhost_net' module to improve performance of virtio networking",
      },
      { text: "cgroup 'cpu' controller support", word: 'PASS', message: null },
      { text: 'IOMMU is enabled by kernel', word: 'PASS', message: null },
      {
        text: 'secure guest support',
        word: 'WARN',
        message: 'Unknown if this platform has Secure Guest support',
      },
    ]);
  });

  it('is nothing where it is of another form', () => {
    expect(
      parseHostValidate('QEMU: Checking for : PASS\n LXC: Checking for Linux : PASS\nQEMU: x : MAYBE\n'),
    ).toEqual([]);
  });

  it('counts whatever its exit status is', async () => {
    const exited = { kind: 'exited', exitCode: 1, stdout: OUTPUT, stderr: '' } as const;
    expect(await runHostValidate(runner(exited))).toHaveLength(5);
    expect(await runHostValidate(runner({ ...exited, stdout: '' }))).toBeNull();
    expect(await runHostValidate(runner({ kind: 'missing' }))).toBeNull();
    expect(await runHostValidate(runner({ kind: 'failed', detail: 'SIGKILL' }))).toBeNull();
  });
});
