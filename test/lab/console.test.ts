import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ConsoleText } from '../../lib/guest/console/console-text.ts';
import { openSession } from '../../lib/operations/open-session.ts';
import { serialXml } from '../support/console-libvirt.ts';
import { type Outcome, portalInside } from '../support/pci-program.ts';
import { useProgramsIn } from '../support/programs-in.ts';
import { describeLibvirtd, useLibvirtd } from './describe-lab.ts';
import { grubDisks } from './grub-disks.ts';
import { tinyGuest } from './tiny-guest.ts';

/** Answers what is typed, and powers off at the word `off`. */
const ANSWERING = [
  '/bin/busybox mkdir -p /proc',
  '/bin/busybox mount -t proc proc /proc',
  'echo "cmdline: $(/bin/busybox cat /proc/cmdline)"',
  'echo "name?"',
  'while read -r word; do',
  '  echo "hello $word"',
  '  [ "$word" != off ] || /bin/busybox poweroff -f',
  'done',
];

describeLibvirtd('portal console, with a real libvirt and QEMU', (root) => {
  const libvirtd = useLibvirtd(root);
  useProgramsIn(() => libvirtd().bin);

  const at = (name: string): string => join(libvirtd().folder, name);

  /** Defines a guest that answers at its console, and starts it without letting it run. */
  async function startPaused(name: string, change: (xml: string) => string = (xml) => xml): Promise<void> {
    const guest = await tinyGuest(root, libvirtd(), { name, onceUp: ANSWERING });
    const serial = serialXml(at(`${name}.socket`), at(`${name}.log`));
    const xml = change(guest.xml.replace(/<serial type='file'>.*<\/serial>/, serial));
    await libvirtd().output(['define', '/dev/stdin'], { stdin: xml });
    await libvirtd().output(['start', '--paused', name]);
  }

  const console = (name: string, ...args: readonly string[]): Promise<Outcome> =>
    portalInside(['console', '--connect', libvirtd().uri, name, ...args]);

  function script(name: string, text: string): string {
    const file = at(`${name}.yaml`);
    writeFileSync(file, text);
    return file;
  }

  /** The log of a console as text, by the library. */
  async function logOf(name: string): Promise<string> {
    const text = new ConsoleText();
    const host = await openSession({ connect: libvirtd().uri });
    let log = '';
    for await (const piece of host.consoleLog({ machine: name })) log += text.push(piece);
    return log + text.end();
  }

  test('runs a script from the first byte on, has one owner, and sees the guest stop', async () => {
    await startPaused('answers');
    const first = script(
      'first',
      `timeout: 5min
steps:
  - expect: 'guest answers is up'
  - expect: { regex: 'name[?]$' }
  - send: world{enter}
  - expect: { regex: '^hello world$', timeout: 1min }
`,
    );
    const done = await console('answers', '--resume', '--script', first, '--json');
    expect(done, done.stderr).toMatchObject({ exitCode: 0, stderr: '' });
    const { transcript, machine } = JSON.parse(done.stdout) as { transcript: string; machine: object };
    expect(machine).toMatchObject({ name: 'answers', state: 'paused' });
    // Nothing that it printed since it was resumed is missing.
    expect((await logOf('answers')).startsWith(transcript)).toBe(true);
    expect(transcript).toContain('cmdline: console=ttyS0');

    const host = await openSession({ connect: libvirtd().uri });
    const opened = await host.openConsole({ machine: 'answers' });
    expect(Buffer.from(opened.tail).toString()).toContain('hello world');
    expect(await console('answers', '--script', first)).toMatchObject({
      exitCode: 4,
      stderr: expect.stringMatching(
        new RegExp(`answers: its console is open in process ${process.pid} of user \\S+, since`),
      ),
    });
    opened.close();

    const other = connect(at('answers.socket'));
    await once(other, 'connect');
    expect(await console('answers', '--script', first)).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining('answers: its console is open in another program [CONSOLE_BUSY]'),
    });
    other.destroy();
    await once(other, 'close');

    const off = script('off', '- send: off{enter}\n- expect: { text: never, timeout: 3min }\n');
    const stopped = await console('answers', '--script', off);
    expect(stopped).toMatchObject({
      exitCode: 7,
      stderr: expect.stringContaining('answers: the VM stopped before this step ended: expect "never"'),
    });
    expect(stopped.stderr).toContain('  hello off\n');
    await expect
      .poll(() => libvirtd().output(['domstate', 'answers']), { timeout: 120_000 })
      .toContain('shut off');
    expect(await console('answers', '--script', off)).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining('[NOT_RUNNING]'),
    });
    expect(await logOf('answers')).toContain('hello off');
    await libvirtd().output(['undefine', 'answers']);
  });

  test('reaches the firmware and GRUB, and chooses the second entry', async () => {
    const tiny = await tinyGuest(root, libvirtd(), { name: 'boots', onceUp: ANSWERING });
    const { loader, data } = await grubDisks(root, libvirtd().folder, tiny, ['first', 'second', 'third']);
    const disks = [loader, data].map(
      (file, index) =>
        // Firmware makes only those disks available that it may boot from.
        `<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='${file}'/><target dev='vd${'ab'[index]}' bus='virtio'/><boot order='${index + 1}'/></disk>`,
    );
    await startPaused('boots', (xml) =>
      xml
        .replace(/<kernel>[\s\S]*<\/cmdline>/, "<bios useserial='yes'/>")
        .replace('<devices>', `<devices>${disks.join('')}`),
    );
    const transcript = at('boots.transcript');
    const file = script(
      'boots',
      `timeout: 5min
steps:
  - expect: SeaBIOS
  - expect: GNU GRUB
  - expect: third entry
  - send-key: [down, enter]
  - expect: { regex: '^cmdline: .*entry=second$' }
  - expect: { regex: 'name[?]$' }
  - send: off{enter}
  - expect: hello off
`,
    );
    const outcome = await console('boots', '--resume', '--script', file, '--transcript', transcript);
    expect(
      outcome.exitCode,
      `${outcome.stderr}\n${existsSync(transcript) ? readFileSync(transcript, 'utf8') : ''}`,
    ).toBe(0);
    expect(readFileSync(transcript, 'utf8')).toMatch(/^cmdline: .*entry=second$/m);
    expect(outcome.stderr).toMatch(/✓ send "\\u001b\[B\\r" {2}\d+\.\d s\n/);
    await libvirtd().virsh(['destroy', 'boots']);
    await libvirtd().output(['undefine', 'boots']);
  });
});
