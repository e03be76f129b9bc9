import { describe, expect, it } from 'vitest';
import { BROKEN } from '../../../lib/base/known.ts';
import { readFolderDrivers } from '../../../lib/libvirt/machine/folder-drivers.ts';

// What a real libvirt says is tried in test/lab/validate-machine.test.ts.

const asked = (devices: string, error: string | null = null) =>
  readFolderDrivers({
    run: async (command) => ({
      command,
      output: `<domainCapabilities><devices>${devices}</devices></domainCapabilities>`,
      error,
    }),
  });

const ENUMS =
  "<enum name='other'><value>no</value></enum><enum name='driverType'><value>path</value><value>virtiofs</value></enum>";

describe('by which drivers folders are shared', () => {
  it.each([
    [`<filesystem supported='yes'>${ENUMS}</filesystem>`, ['path', 'virtiofs']],
    [`<filesystem supported='no'>${ENUMS}</filesystem>`, []],
    ["<filesystem supported='yes'/>", []],
    ['<disk/>', null],
  ])('%s', async (devices, drivers) => {
    expect(await asked(devices)).toEqual(drivers);
  });

  it('is not known where libvirt can not say', async () => {
    expect(await asked('', 'invalid argument: KVM is not supported')).toEqual(BROKEN);
  });
});
