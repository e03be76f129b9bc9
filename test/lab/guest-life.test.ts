import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { ROOT } from '../support/built-programs.ts';
import type { Outcome } from '../support/pci-program.ts';
import { storeMinivm } from './agent-guest.ts';
import { describeLibvirtd, useLibvirtd } from './describe-lab.ts';
import { type MachineHost, machineHost } from './machine-host.ts';

// The life of a guest with our agent: one real Linux in a VM, by the built programs and library, a real libvirtd and QEMU.

const SETUP_TIMEOUT_MS = 300_000;
const MIB = 1024 * 1024;
const CONTENT = randomBytes(20 * MIB);
const APP_CONF = 'listen = 8080\n';

const FILES: Readonly<Record<string, string>> = {
  'g0/machine.yaml': `category: application
memory: 256MiB
boot: { profile: minivm }
shares:
  - { name: seed, source: seed }
  - { name: data, source: data, mode: rw }
provision:
  - storage/shares: { seed: /seed, data: /srv/data }
  - system/hostname: { name: inside }
`,
  'g0/seed/word': 'from the host\n',
  'g0/data/.keep': '',
  'g0/config/etc/app/app.conf': APP_CONF,
  'g0/config/.portal.yaml': `files:
  - { path: /etc/app/app.conf, owner: 'root:tty', mode: 0640 }
blocks:
  - { path: /etc/profile, name: lab, text: "export LAB=yes\\n" }
`,
  'once/machine.yaml': 'category: application\nmemory: 128MiB\nboot: { profile: minivm }\n',
};

describeLibvirtd('the life of a guest with an agent', (root) => {
  const libvirtd = useLibvirtd(root);
  let host: MachineHost;
  let project: string;
  let before: unknown;

  const at = (name: string): string => join(libvirtd().folder, name);
  const portal = (...args: readonly string[]): Promise<Outcome> => {
    const [command = '', ...rest] = args;
    const ofProject = command === 'exec' ? [] : ['--project', project];
    return host.portal([command, '--connect', libvirtd().uri, ...ofProject, ...rest]);
  };
  const output = async (...args: readonly string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await portal(...args);
    expect(exitCode, `${args.join(' ')}\n${stdout}${stderr}`).toBe(0);
    return stdout;
  };
  const inGuest = (script: string): Promise<string> => output('exec', 'g0', '--', 'sh', '-c', script);
  /** Runs lines of a program of the library, with `agent`, which is that of g0. */
  const byLibrary = async (lines: string): Promise<unknown> => {
    const file = at('library.mjs');
    const library = JSON.stringify(`file://${ROOT}/dist/index.js`);
    const options = JSON.stringify({ connect: libvirtd().uri });
    writeFileSync(
      file,
      `import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { openSession } from ${library};
const text = (bytes) => Buffer.from(bytes).toString();
const session = await openSession(${options});
const agent = await session.openAgent({ machine: 'g0', waitMs: 120_000 });
const run = async () => {
${lines}
};
console.log(JSON.stringify(await run()));
agent.close();
`,
    );
    const { exitCode, stdout, stderr } = await host.sh(`exec '${process.execPath}' '${file}'`);
    expect(exitCode, stderr).toBe(0);
    return JSON.parse(stdout);
  };
  const everything = async (): Promise<unknown> => [
    await libvirtd().output(['list', '--all', '--name']),
    await libvirtd().output(['net-list', '--all', '--name']),
    await libvirtd().output(['pool-list', '--all', '--name']),
    host.files(),
  ];

  beforeAll(async () => {
    host = machineHost(root, libvirtd());
    project = at('project');
    for (const [name, text] of Object.entries(FILES)) {
      const path = join(project, 'machines', name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
    writeFileSync(at('content'), CONTENT);
    await storeMinivm(root, libvirtd(), host);
    before = await everything();
  }, SETUP_TIMEOUT_MS);

  test('portal up starts and provisions it', async () => {
    await output('up', 'g0', '--yes');
    const sha256 = createHash('sha256').update(APP_CONF).digest('hex');
    const found = await inGuest(
      "sha256sum < /etc/app/app.conf; stat -c '%a %u %g' /etc/app/app.conf; . /etc/profile; echo $LAB $USER; hostname; cat /etc/hostname",
    );
    expect(found).toBe(`${sha256}  -\n640 0 5\nyes root\ninside\ninside\n`);
    expect(await output('provision', 'g0')).toContain('Nothing to do: 1 guest as the folders say.');
    expect(await output('diff', 'g0')).toBe('No differences in 1 guest.\n');
  });

  test('it has no network card, can read one share, and write the other', async () => {
    expect(await inGuest('ls /sys/class/net')).toBe('lo\n');
    expect(await inGuest('cat /seed/word; echo from the guest > /srv/data/word')).toBe('from the host\n');
    expect(readFileSync(join(project, 'machines/g0/data/word'), 'utf8')).toBe('from the guest\n');
    // Also not after root of the guest mounts it anew: QEMU refuses.
    const write = 'echo no > /seed/word';
    const remount = (mode: string): string =>
      `mount -o remount,${mode} /mnt/seed && mount -o remount,${mode} /seed`;
    const script = `${write}; ${remount('rw')} && ${write}; status=$?; ${remount('ro')} && exit $status`;
    const { exitCode, stderr } = await portal('exec', 'g0', '--', 'sh', '-c', script);
    expect([exitCode, stderr.match(/Read-only file system/g)?.length]).toEqual([1, 2]);
    expect(readFileSync(join(project, 'machines/g0/seed/word'), 'utf8')).toBe('from the host\n');
  });

  test('portal diff names what was changed by hand, and portal provision mends it', async () => {
    await inGuest('echo "listen = 9" > /etc/app/app.conf');
    const { exitCode, stdout, stderr } = await portal('diff', 'g0');
    expect([exitCode, stderr]).toEqual([1, '']);
    expect(stdout).toContain('/etc/app/app.conf');
    await output('provision', 'g0', '--yes');
    expect(await inGuest('cat /etc/app/app.conf')).toBe(APP_CONF);
  });

  test('commands have their output, status and time limit', async () => {
    expect(await portal('exec', 'g0', '--', 'sh', '-c', 'echo out; echo err >&2; exit 3')).toEqual({
      exitCode: 3,
      stdout: 'out\n',
      stderr: 'err\n',
    });
    const late = await portal('exec', 'g0', '--timeout', '1', '--', 'sleep', '3333');
    expect(late.exitCode, late.stderr).toBe(7);
    expect(await inGuest("ps | grep '[s]leep 3333' || echo none")).toBe('none\n');
  });

  test('the library writes and reads a file of 20 MiB, and runs two scripts at a time', async () => {
    const found = await byLibrary(`
const content = readFileSync(${JSON.stringify(at('content'))});
await agent.put('/tmp/content', content, { mode: 0o600, uid: 0, gid: 5 });
const sum = await agent.exec("sha256sum < /tmp/content; stat -c '%a %u %g' /tmp/content");
const back = await agent.get('/tmp/content', { maxBytes: content.length });
// Each waits for the other one.
const both = await Promise.all([
  agent.exec('mkfifo /tmp/pipe && cat /tmp/pipe'),
  agent.exec('until [ -p /tmp/pipe ]; do sleep 0.1; done; echo met > /tmp/pipe; echo too'),
]);
const late = await agent.exec('sleep 3333', { timeoutMs: 1000 });
const boot = await agent.exec('cat /proc/sys/kernel/random/boot_id');
return {
  isOfThisBoot: text(boot.out).trim() === agent.hello.bootId, protocol: agent.hello.protocol,
  sum: text(sum.out), isSame: content.equals(back), both: both.map(({ out }) => text(out)), late: late.ended,
};`);
    expect(found).toEqual({
      isOfThisBoot: true,
      protocol: 1,
      sum: `${createHash('sha256').update(CONTENT).digest('hex')}  -\n600 0 5\n`,
      isSame: true,
      both: ['met\n', 'too\n'],
      late: { kind: 'timeout' },
    });
  });

  test('after a reset its agent answers again, as another boot', async () => {
    const bootId = 'return agent.hello.bootId;';
    const first = await byLibrary(bootId);
    await libvirtd().output(['reset', 'g0']);
    const second = await byLibrary(bootId);
    expect(second).toMatch(/^[0-9a-f-]{36}$/);
    expect(second).not.toBe(first);
    // Its memory is new, so everything is to be done again.
    expect((await portal('diff', 'g0')).exitCode).toBe(1);
  });

  test('portal run leaves nothing of its machine', async () => {
    const all = await everything();
    const { exitCode, stdout } = await portal('run', 'once', '--', 'sh', '-c', 'hostname; exit 5');
    expect([exitCode, stdout]).toEqual([5, 'once\n']);
    expect(await everything()).toEqual(all);
  });

  test('portal destroy leaves nothing', async () => {
    await output('destroy', 'g0', '--data', '--grace', '0', '--yes');
    expect(await everything()).toEqual(before);
  });
});
