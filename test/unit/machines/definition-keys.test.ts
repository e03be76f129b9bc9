import { describe, expect, it } from 'vitest';
import { definitionForm } from '../../../lib/machines/definition/definition-form.ts';
import { parseDefinition } from '../../../lib/machines/definition/definition-parser.ts';

/** For each key: text that is valid, and text that is not, with the column and the words of its fault. */
const KEYS: readonly (readonly [key: string, good: string, bad: string, column: number, words: string])[] = [
  ['$schema', './x.json', '[]', 10, 'text'],
  ['apiVersion', 'portal-gun/v1', 'portal-gun/v2', 13, 'portal-gun/v1'],
  ['kind', 'Machine', 'machine', 7, 'Machine'],
  ['title', 'A title', 'x'.repeat(501), 8, 'longer than 500'],
  ['description', 'A text', '{}', 14, 'text'],
  ['architecture', 'aarch64', 'amd64', 15, 'x86_64 or aarch64'],
  ['accelerator', 'kvm', 'tcg', 14, 'auto or kvm'],
  ['cpus', '2', '0', 7, 'from 1 to 512'],
  ['cpus', '{ pin: [1, 2] }', '{ pin: [5000] }', 15, 'from 0 to 4095'],
  ['cpus', '{ count: 2, pin: [1, 2] }', '{ count: 2, pin: [1] }', 24, 'names 1 CPUs'],
  [
    'cpus',
    '{ count: 8, threads: 2 }',
    '{ count: 3, threads: 2 }',
    7,
    '1 sockets with 1 cores of 2 threads are 2',
  ],
  ['cpus', '{ sockets: 2, cores: 4 }', '{ cores: 0 }', 16, 'from 1 to 512'],
  ['cpus', '{ model: host-passthrough }', "{ model: 'a b' }", 16, 'CPU model'],
  ['memory', '1GiB', '1024', 9, 'not a size'],
  ['memory', '{ size: 1GiB, hugepages: on }', '{ size: 33MiB, hugepages: on }', 17, 'multiple of 2MiB'],
  ['memory', '32MiB', '16MiB', 9, 'too small'],
  ['firmware', 'none', 'seabios', 11, 'none or bios'],
  [
    'boot',
    '{ profile: debian, arguments: [quiet] }',
    '{ profile: debian, arguments: console=ttyS9 }',
    37,
    'is not the console',
  ],
  ['boot', '{ kernel: vmlinuz, initrd: initrd }', '{ kernel: /boot/vmlinuz }', 17, '/boot of the host'],
  ['boot', '{ kernel: vmlinuz }', '{ kernel: ../vmlinuz }', 17, 'inside the folder'],
  ['boot', `{ kernel: 'store:${'a'.repeat(64)}' }`, "{ kernel: 'store:abc' }", 17, 'store:NAME'],
  [
    'boot',
    '{ profile: minivm }',
    '{ profile: minivm, kernel: vmlinuz }',
    34,
    'cannot be used with "profile"',
  ],
  ['os', '{ root: image:debian, size: 4GiB, ephemeral: yes }', '{ ephemeral: yes }', 18, 'without "root"'],
  ['disks', '[{ name: a, size: 1GiB }]', '[{ size: 1GiB }]', 9, 'needs the key "name"'],
  ['disks', '[{ name: a, source: a.iso, cdrom: on }]', '[{ name: a }]', 9, 'needs either "size"'],
  ['disks', '[{ name: a, size: 1GiB, bus: scsi }]', '[{ name: root, size: 1GiB }]', 17, 'root disk'],
  [
    'disks',
    '[{ name: a, size: 1GiB, cache: none }]',
    '[{ name: a, size: 1GiB, cache: off }]',
    39,
    'writeback',
  ],
  ['nics', '[{ network: lan, boot: on }]', '[{ network: lan, boot: 1 }]', 30, 'on or off'],
  ['nics', '[{ network: isolated/lan }]', '[{ network: Lan }]', 19, 'name of a network'],
  ['nics', '[{ bridge: br0, model: igb }]', '[{ bridge: br0, network: a }]', 18, 'cannot be used with'],
  ['nics', '[{ mac: 02:00:00:00:00:01 }]', '[{ mac: 01:00:00:00:00:01 }]', 15, 'unicast MAC'],
  ['pci', '[{ select: class=network !uplink }]', '[{ select: clas=network }]', 17, 'clas'],
  ['pci', '[{ id: 8086:10c9, rom: off }]', '[{ rom: off }]', 7, 'names no device'],
  ['shares', '[{ name: a, source: data }]', '[{ name: a, source: /etc }]', 29, 'inside the folder'],
  [
    'shares',
    '[{ name: a, source: data, driver: virtiofs }]',
    '[{ name: a, source: data, mode: w }]',
    41,
    'ro or rw',
  ],
  [
    'consoles',
    '[{ of: r1, write: on }, { of: type=service }]',
    '[{ of: r1 }, { of: R2 }]',
    30,
    'type=CATEGORY',
  ],
  ['consoles', '[{ of: type=router }]', '[{ of: r0 }]', 18, 'is the machine itself'],
  ['consoles', '[]', '[{ of: r1 }, { of: r1, write: on }]', 30, 'is the same as consoles[0]'],
  ['display', 'vnc', 'spice', 10, 'none or'],
  ['nested', 'yes', 'maybe', 9, 'on or off'],
  ['iommu', 'on', '1', 8, 'on or off'],
  ['rng', 'off', '[]', 6, ''],
  ['watchdog', 'reset', 'bark', 11, 'reset'],
  ['tpm', 'true', '2.0', 6, 'on or off'],
  ['vsock', 'false', 'x', 8, 'on or off'],
  ['agent', 'none', 'ssh', 8, 'virtio-serial or none'],
  ['spare-root-ports', '4', '25', 19, 'from 0 to 24'],
  ['autostart', 'no', 'never', 12, 'on or off'],
  ['on', '{ crash: restart }', '{ crash: reboot }', 14, 'destroy'],
  ['provision', '[{ system/hostname: {} }]', '[{ system/hostnam: {} }]', 31, 'no such key'],
  ['provision', '[{ files: [] }]', '[{ files: [], services: {} }]', 13, 'must have one module'],
  ['provision', '[{ system/packages: [nginx] }]', '[{ system/packages: ["-y"] }]', 33, 'name of a package'],
  [
    'provision',
    '[{ system/sysctl: { net.x: 1 } }]',
    '[{ system/sysctl: { net: 1 } }]',
    37,
    'a key of sysctl',
  ],
  [
    'provision',
    '[{ network/interfaces: { lan: { mac: "02:00:00:00:00:01", dhcp: on } } }]',
    '[{ network/interfaces: { lan: { nic: 0, dhcp: on } } }]',
    49,
    'is no index of "nics"',
  ],
  [
    'provision',
    '[{ storage/fstab: [{ source: /dev/vdb, target: /srv, type: ext4 }] }]',
    '[{ storage/fstab: [{ source: /dev/vdb, target: /proc/x, type: ext4 }] }]',
    59,
    'must be an absolute path',
  ],
  ['provision', '[{ storage/shares: {} }]', '[{ storage/shares: { data: /data } }]', 39, 'is no share'],
  [
    'provision',
    `[{ network/interfaces: { lan: { mac: "02:00:00:00:00:01", address: 10.0.0.1/24 } } },
  { network/dhcp: { serve: lan, range: .100-.200 } }]`,
    '[{ network/dhcp: { serve: lan, range: .100-.200 } }]',
    38,
    'is no interface',
  ],
  [
    'provision',
    '[{ system/users: [{ name: www, uid: 33 }] }]',
    '[{ system/users: [{ name: www, uid: 33, home: "/a:b" }] }]',
    58,
    'must not contain',
  ],
  [
    'provision',
    '[{ services: { enable: [a] } }]',
    '[{ services: {} }, { services: {} }]',
    43,
    'is already entry 1',
  ],
  ['after', '[r1, r2]', '[r1, r0]', 13, 'is the machine itself'],
];

const parse = (line: string) => parseDefinition(`category: router\n${line}\n`, 'r0', 'machine.yaml');

describe('each key of a definition', () => {
  it.each(KEYS)('%s takes %s, and not %s', (key, good, bad, column, words) => {
    expect(parse(`${key}: ${good}`).faults).toEqual([]);
    const [fault] = parse(`${key}: ${bad}`).faults;
    expect(fault?.at).toBe(`machine.yaml:2:${column}`);
    expect(fault?.message).toContain(words);
  });

  it('is tried', () => {
    const tried = new Set(['category', ...KEYS.map(([key]) => key)]);
    expect(Object.keys(definitionForm.shape).filter((key) => !tried.has(key))).toEqual([]);
  });
});
