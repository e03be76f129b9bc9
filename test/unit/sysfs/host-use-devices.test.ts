import { describe, expect, it } from 'vitest';
import { BROKEN, DENIED, UNREAD } from '../../../lib/base/known.ts';
import { SnapshotHost } from '../../../lib/host/snapshot/snapshot-host.ts';
import { readConsoles } from '../../../lib/sysfs/host-use/console/consoles.ts';
import {
  readDisplayClaims,
  readFramebufferConsole,
  readFramebuffers,
  readTpms,
} from '../../../lib/sysfs/host-use/console/displays.ts';
import { readInputs } from '../../../lib/sysfs/host-use/console/inputs.ts';
import { readSoundStreams } from '../../../lib/sysfs/host-use/console/sound.ts';
import { readLiveUse } from '../../../lib/sysfs/host-use/live-use.ts';
import { HostTree } from '../../support/host-tree.ts';

function host(put: (tree: HostTree) => void): SnapshotHost {
  const tree = new HostTree();
  tree.directory('/sys');
  put(tree);
  return new SnapshotHost(tree.snapshot('devices'));
}

const PCI = '/sys/devices/pci0000:00/0000:00:02.0';
const ADDRESS = '0000:00:02.0';
const NOTHING = host(() => {});

describe('displays', () => {
  const memory = (text: string) => readDisplayClaims(host((tree) => tree.text('/proc/iomem', text)));

  it('hold memory by name', () => {
    const map =
      '00001000-0009fbff : System RAM\ne0000000-efffffff : PCI Bus 0000:00\n  e0000000-e0ffffff : 0000:00:02.0\n    e0000000-e02fffff : BOOTFB\n';
    expect(memory(map)).toEqual([{ start: '0xe0000000', end: '0xe02fffff', owner: 'BOOTFB' }]);
    expect(memory('e0000000-e0ffffff : nouveau\n')).toEqual([]);
  });

  it('hide it from all but root', () => {
    expect(memory('00000000-00000000 : System RAM\n  00000000-00000000 : efifb\n')).toEqual(DENIED);
    expect(readDisplayClaims(host((tree) => tree.deny('/proc/iomem')))).toEqual(DENIED);
    expect(memory('0what\n')).toEqual(BROKEN);
    expect(readDisplayClaims(NOTHING)).toEqual(UNREAD);
  });

  it('have framebuffers, on a function or on none', () => {
    const made = host((tree) => {
      tree.linkTo('/sys/class/graphics/fb0', `${PCI}/graphics/fb0`);
      tree.linkTo('/sys/class/graphics/fb1', '/sys/devices/platform/efi-framebuffer.0/graphics/fb1');
      tree.linkTo('/sys/class/graphics/fbcon', '/sys/devices/virtual/graphics/fbcon');
    });
    expect(readFramebuffers(made)).toEqual([
      { name: 'fb0', function: ADDRESS },
      { name: 'fb1', function: null },
    ]);
    expect(readFramebuffers(NOTHING)).toBeNull();
  });

  it.each([
    ['(M) frame buffer device', '1', true],
    ['(M) frame buffer device', '0', false],
    ['(S) dummy device', '1', false],
  ])('have the text console or not: %s, %s', (name, bind, expected) => {
    const made = host((tree) => {
      const path = '/sys/devices/virtual/vtconsole/vtcon1';
      tree.attribute(`${path}/name`, name);
      tree.attribute(`${path}/bind`, bind);
      tree.linkTo('/sys/class/vtconsole/vtcon1', path);
    });
    expect(readFramebufferConsole(made)).toBe(expected);
  });

  it('may not say whether they have the text console', () => {
    const path = '/sys/devices/virtual/vtconsole/vtcon1';
    const made = host((tree) => {
      tree.deny(`${path}/name`);
      tree.linkTo('/sys/class/vtconsole/vtcon1', path);
    });
    expect(readFramebufferConsole(made)).toEqual(DENIED);
    expect(readFramebufferConsole(NOTHING)).toBeNull();
  });
});

describe('consoles and TPMs', () => {
  it('are read with the function that they are on', () => {
    const made = host((tree) => {
      tree.attribute('/sys/devices/virtual/tty/console/active', 'tty0 ttyS4');
      tree.linkTo('/sys/class/tty/ttyS4', `${PCI}/tty/ttyS4`);
      tree.linkTo('/sys/class/tpm/tpm0', '/sys/devices/platform/MSFT0101:00/tpm/tpm0');
    });
    expect(readConsoles(made)).toEqual([
      { name: 'tty0', function: null, source: 'active' },
      { name: 'ttyS4', function: ADDRESS, source: 'active' },
    ]);
    expect(readTpms(made)).toEqual([{ name: 'tpm0', function: null }]);
  });

  it('may not be there, or be refused', () => {
    expect([readConsoles(NOTHING), readTpms(NOTHING)]).toEqual([null, null]);
    expect(readTpms(host((tree) => tree.deny('/sys/class/tpm')))).toEqual(DENIED);
    const odd = host((tree) => tree.attribute('/sys/devices/virtual/tty/console/active', '../../etc'));
    expect(readConsoles(odd)).toEqual(BROKEN);
  });
});

describe('input devices', () => {
  const read = (key: string, events: string) =>
    readInputs(
      host((tree) => {
        const path = `${PCI}/usb1/1-2/1-2:1.0/input/input5`;
        tree.attribute(`${path}/name`, 'A keyboard');
        tree.attribute(`${path}/capabilities/key`, key);
        tree.attribute(`${path}/capabilities/ev`, events);
        tree.linkTo('/sys/class/input/input5', path);
        tree.linkTo('/sys/class/input/event5', `${path}/event5`);
      }),
    );

  it.each([
    ['1000000000007 ff9f207ac14057ff febeffdfffefffff fffffffffffffffe', '120013', 'keyboard'],
    ['1f0000 0 0 0 0', '17', 'pointer'],
    ['10000000000000 0', '3', 'other'],
    ['0', '40001', 'other'],
  ])('are known by their keys: %s', (key, events, kind) => {
    expect(read(key, events)).toEqual([
      {
        name: 'input5',
        function: ADDRESS,
        title: 'A keyboard',
        kind,
        isPs2: false,
        isVirtual: false,
        isBluetooth: false,
      },
    ]);
  });

  it('are known to be at a PS/2 port', () => {
    const inputs = readInputs(
      host((tree) => {
        const path = '/sys/devices/platform/i8042/serio0/input/input3';
        tree.attribute(`${path}/name`, 'AT keyboard');
        tree.linkTo('/sys/class/input/input3', path);
      }),
    );
    expect(inputs).toMatchObject([{ name: 'input3', function: null, isPs2: true, isVirtual: false }]);
  });

  it('may make no sense, or not be there', () => {
    expect(read('keys', '3')).toMatchObject([{ kind: BROKEN }]);
    expect(readInputs(NOTHING)).toBeNull();
    expect(readInputs(host((tree) => tree.deny('/sys/class/input')))).toEqual(DENIED);
  });
});

describe('streams of sound', () => {
  const read = (status: (tree: HostTree, path: string) => void) =>
    readSoundStreams(
      host((tree) => {
        tree.linkTo('/sys/class/sound/card0', `${PCI}/sound/card0`);
        tree.attribute('/proc/asound/version', 'ALSA');
        status(tree, '/proc/asound/card0/pcm0p/sub0/status');
      }),
      true,
    );

  it('are those that are open', () => {
    const text = 'state: RUNNING\nowner_pid   : 1234\ntrigger_time: 1.2\n';
    expect(read((tree, path) => tree.text(path, text))).toEqual([
      { card: 'card0', stream: 'pcm0p', function: ADDRESS, ownerPid: 1234 },
    ]);
    expect(read((tree, path) => tree.text(path, 'closed\n'))).toEqual([]);
  });

  it('may be refused, not be there, or not have been captured', () => {
    expect(read((tree, path) => tree.deny(path))).toEqual(DENIED);
    expect(readSoundStreams(NOTHING, true)).toBeNull();
    expect(readSoundStreams(NOTHING, false)).toEqual(UNREAD);
  });
});

describe('a running host', () => {
  const SSH = 'LANG=C\0SSH_CONNECTION=192.0.2.7 50122 10.0.0.5 22\0';
  function process(tree: HostTree, pid: number | 'self', parent: number, environment: string | null): void {
    tree.text(`/proc/${pid}/stat`, `${pid} (a ) b) S ${parent} 1 1 0`);
    if (environment === null) tree.deny(`/proc/${pid}/environ`);
    else tree.text(`/proc/${pid}/environ`, environment);
  }
  const session = (put: (tree: HostTree) => void) => readLiveUse(host(put)).sessionAddress;

  it('knows where the session came to, also behind sudo', () => {
    const found = session((tree) => {
      process(tree, 'self', 30, 'SUDO_USER=a\0');
      process(tree, 30, 20, '');
      process(tree, 20, 10, SSH);
    });
    expect(found).toBe('10.0.0.5');
  });

  it.each([
    ['::ffff:10.0.0.5', '10.0.0.5'],
    ['fe80::1%eth0', 'fe80::1'],
    ['2001:DB8::5', '2001:db8::5'],
  ])('knows an address by one form: %s', (written, address) => {
    const environment = `SSH_CONNECTION=a 1 ${written} 22\0`;
    expect(session((tree) => process(tree, 'self', 1, environment))).toBe(address);
  });

  it('has a session at the console, or one that can not be told', () => {
    expect(session((tree) => process(tree, 'self', 1, ''))).toBeNull();
    expect(session((tree) => process(tree, 'self', 0, ''))).toBeNull();
    const behind = (parent: string | null) =>
      session((tree) => {
        process(tree, 'self', 30, '');
        process(tree, 30, 1, parent);
      });
    expect([behind(null), behind('')]).toEqual([DENIED, null]);
    expect(session((tree) => process(tree, 'self', 30, ''))).toEqual(UNREAD);
    expect(session(() => {})).toEqual(UNREAD);
  });

  it.each([
    ['pid:[4026531836]', null],
    ['pid:[4026532218]', UNREAD],
  ])('cannot tell what is above the first process of another namespace: %s', (namespace, address) => {
    const found = session((tree) => {
      process(tree, 'self', 1, '');
      tree.link('/proc/self/ns/pid', namespace);
    });
    expect(found).toEqual(address);
  });

  it('ends where processes are above one another', () => {
    const round = session((tree) => {
      process(tree, 'self', 30, '');
      process(tree, 30, 30, '');
    });
    expect(round).toEqual(UNREAD);
  });
});
