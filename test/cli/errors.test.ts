import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ERRORS, EXIT } from '../../lib/base/errors.ts';
import { ERROR_CASES, type ErrorCase } from '../support/error-cases.ts';
import { fixture, pci, pciInside, portal, portalInside, ROOT, words } from '../support/pci-program.ts';
import { PORTAL_ERROR_CASES } from '../support/portal-error-cases.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

// Files that are no host, in a folder that stands for FOLDER below.
const folder = temporaryFolder();
const whole = readFileSync(join(ROOT, fixture('gpu-desktop')));
const place = (name: string, content: string | Uint8Array): void =>
  writeFileSync(join(folder, name), content);
place('cut-line', whole.subarray(0, whole.indexOf('hostname =') + 4));
place('cut-end', whole.toString().replace(/\nend\n$/, ''));
place('cut-header', 'portal-gun snapshot 1\nhost: a\n');
place('later', whole.toString().replace('snapshot 1', 'snapshot 2'));
place('damaged', whole.toString().replace('identifiers: raw', 'identifiers: none'));
place('bad-row', `${whole.toString().replace(/\nend\n$/, '')}  config : 4\n    000  01 02 03 04 05\n`);
place(
  'binary',
  Uint8Array.from({ length: 4096 }, (_, index) => (index * 7) & 0xff),
);
place('empty', '');
mkdirSync(join(folder, 'sys-itself/bus/pci/devices'), { recursive: true });
mkdirSync(join(folder, 'no-sys'));
mkdirSync(join(folder, 'bad-record/sys'), { recursive: true });
mkdirSync(join(folder, 'bad-record/etc/portal-gun'), { recursive: true });
place('bad-record/etc/portal-gun/bindings.json', '{}');
mkdirSync(join(folder, 'bad-entry/sys'), { recursive: true });
mkdirSync(join(folder, 'bad-entry/etc/portal-gun'), { recursive: true });
place(
  'bad-entry/etc/portal-gun/bindings.json',
  '{"schema": "portal-gun/bindings/v1",\n  "devices": [\n  {"address": "0000:03:00.0"}]}',
);
mkdirSync(join(folder, 'no-bus/sys/bus'), { recursive: true });

const here = (text: string): string => text.replaceAll('FOLDER', folder);

describe.each([
  ['pci', ERROR_CASES, pci, pciInside],
  ['portal', PORTAL_ERROR_CASES, portal, portalInside],
] as const)('errors of %s', (program, cases: readonly ErrorCase[], run, runInside) => {
  it.each(cases)('%s', async (line, code, subject, message, hint) => {
    const args = words(here(line));
    const exitCode = EXIT[ERRORS[code].exit];

    // In a process of its own for one of each exit code: how that ends is the same for all.
    const apart = cases.find((each) => EXIT[ERRORS[each[1]].exit] === exitCode);
    const text = await (apart?.[0] === line ? run : runInside)(args);
    expect(text).toMatchObject({ exitCode, stdout: '' });
    const [first = '', second = '', ...more] = text.stderr.split('\n');
    expect(first.startsWith(`${program}: ${subject === null ? '' : `${here(subject)}: `}`)).toBe(true);
    expect(first).toContain(message);
    expect(first.endsWith(` [${code}]`)).toBe(true);
    expect(second.startsWith('hint: ')).toBe(true);
    expect(second).toContain(here(hint));
    expect(more).toEqual(['']);

    // As a word, and to the snapshot alone, --json means something else.
    if (line.includes(' -- ') || line.startsWith('snapshot')) return;
    const json = await runInside([...args, '--json']);
    // Whoever reads the document may not be who looks at the terminal.
    expect(json).toMatchObject({ exitCode, stderr: text.stderr });
    const { error } = JSON.parse(json.stdout) as { error: Record<string, unknown> };
    expect(error).toMatchObject({
      code,
      exit: ERRORS[code].exit,
      exitCode,
      subject: subject && here(subject),
    });
    expect(`${program}: ${subject === null ? '' : `${here(subject)}: `}${error['message']} [${code}]`).toBe(
      first,
    );
    expect(`hint: ${error['hint']}`).toBe(second);
  });
});

describe('errors', () => {
  it('are tried of every code but those of permissions, writing, changing, simulation and libvirt, which have tests of their own', () => {
    const tried = new Set<string>(ERROR_CASES.map(([, code]) => code));
    const left = Object.keys(ERRORS).filter((code) => !tried.has(code));
    expect(left).toEqual([
      // In test/unit/machines and test/operations/project.test.ts.
      'BAD_DEFINITION',
      'MACHINE_NOT_FOUND',
      'NO_FOLDER',
      'PERMISSION_DENIED',
      'NO_DRIVER',
      'ROM_UNREADABLE',
      'BAD_ROM',
      'TOO_FEW_VFS',
      'NOT_OURS',
      'DOMAIN_TOO_LARGE',
      'NO_GUEST_SLOT',
      'CANNOT_PERSIST',
      'ASSIGNED_ELSEWHERE',
      'HOST_LOCKED',
      'RECOVERY_NEEDED',
      'NOTHING_TO_CONFIRM',
      'WATCHDOG_FAILED',
      'JOURNAL_FAILED',
      'TOOL_MISSING',
      'TOOL_FAILED',
      'NO_LIBVIRT',
      'LIBVIRT_TOO_OLD',
      'NOT_SIMULATED',
      // In test/operations/boot.test.ts and test/unit/host/large-files.test.ts.
      'BOOT_OF_HOST',
      'UNKNOWN_IMAGE',
      'NOT_IN_STORE',
      'STORE_IN_USE',
      'STORE_FAILED',
      'NO_SPACE',
      'NO_PACKAGES',
      'FILE_EXISTS',
      'OUTPUT_FAILED',
      'NOT_RUNNING',
      'CANNOT_START',
      'START_REFUSED',
      'CANNOT_GUARD',
      // In test/operations/events.test.ts.
      'UNTRUSTED_SCRIPT',
      'EVENT_FAILED',
      'BAD_SCRIPT',
      'NO_CONSOLE',
      'CONSOLE_BUSY',
      'CONSOLE_FAILED',
      'CONSOLE_TIMEOUT',
      // In test/operations/provision.test.ts.
      'CANNOT_PROVISION',
      // In test/unit/guest/agent and test/operations.
      'NO_AGENT',
      'AGENT_BUSY',
      'AGENT_SILENT',
      'AGENT_FAILED',
      'GUEST_TIMEOUT',
      'GUEST_FILE_MISSING',
      'GUEST_FILE_FAILED',
    ]);
  });

  it.each([
    ['--format json', true],
    ['--format=json', true],
    ['--json', true],
    ['--format csv', false],
    ['', false],
  ])('with %j are JSON: %s', async (options, isJson) => {
    const { stdout } = await pci(['list', 'class=frob', ...words(options)]);
    expect(stdout.startsWith('{')).toBe(isJson);
  });

  it('show control characters of the arguments escaped', async () => {
    const { stderr } = await pci(['list', 'class=\u001b[31m\u009b\u202e']);
    expect(stderr.split('\n')[0]).toBe('pci: class=\\x1b[31m\\x9b\\u{202e}: is not a class [BAD_SELECTOR]');
  });
});
