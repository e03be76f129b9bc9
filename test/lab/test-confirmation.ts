import { afterAll, describe, expect, test } from 'vitest';
import { validatorOf } from '../support/json-schemas.ts';
import type { RunningMachine } from './boot-machine.ts';
import { Confirmation } from './confirmation.ts';
import { killedAt } from './killed.ts';

/** Two functions in one group. */
const DEVICE = '0000:03:00.0';
const DRIVERLESS = '0000:07:00.0';
const DRIVER = 'e1000e';

const AWAITING = 'vfio-pci 1';
const CONFIRMED = 'vfio-pci 0';

function expectDocument(kind: string, text: string): unknown {
  const document: unknown = JSON.parse(text);
  const validate = validatorOf(kind, { strict: true });
  validate(document);
  expect(validate.errors ?? []).toEqual([]);
  return document;
}

export function testConfirmation(machine: () => RunningMachine): void {
  describe('a change that is to be confirmed', () => {
    const confirmation = new Confirmation(machine, DEVICE);
    afterAll(() => machine().pciOutput(['unbind', DEVICE, '--yes']));

    /** The command lines of the watchdogs that are left, and of what they wait with. */
    const watchdogs = async (): Promise<string> =>
      (await machine().run(['pgrep', '--full', '--list-full', '--', '^sleep [0-9]+$|--unconfirmed'])).stdout;

    test('is undone by itself where nobody does, also when the session of its program is gone', async () => {
      const told = await confirmation.giveInSessionThatDies();
      expect(told).toContain('The change is undone unless you confirm it within 30 s after the last step.\n');
      expect(told).toContain('Confirm the change within 30 s, or it is undone: pci confirm\nexit 0\n');
      expect(await confirmation.state()).toBe(AWAITING);
      await confirmation.undone(DRIVER);
      const late = await machine().pci(['confirm']);
      expect(late).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('[NOTHING_TO_CONFIRM]') });
    });

    test('is undone by itself when its program was killed in the middle', async () => {
      const script = killedAt(`pci ${confirmation.args.join(' ')} 10s`, `… ${DEVICE}`);
      expect(await machine().run(['bash', '-c', script])).toMatchObject({ exitCode: 137 });
      expect(await machine().output(['sh', '-c', 'ls /var/lib/portal-gun/journal | wc -l'])).toBe('1\n');
      await confirmation.undone(DRIVER);
    });

    test('keeps others waiting, and is undone at once by recover', async () => {
      expect(await machine().pci([...confirmation.args, '5m'])).toMatchObject({ exitCode: 0 });
      const other = await machine().pci(['bind', DRIVERLESS, '--yes']);
      expect(other.exitCode).toBe(4);
      expect(other.stderr).toMatch(
        / awaits confirmation, and is undone in (5 min|\d+ s) \[RECOVERY_NEEDED\]/,
      );
      expect(other.stderr).toContain('hint: keep it: pci confirm; or undo it now: pci recover\n');
      const recovered = await machine().pciOutput(['recover', '--json']);
      expect(expectDocument('recover', recovered)).toMatchObject({
        recovery: 'undo',
        changes: [{ report: { outcome: 'undone', awaitsConfirmation: false } }],
      });
      expect(await confirmation.state()).toBe(`${DRIVER} 0`);
      expect(await watchdogs()).toBe('');
    });

    test('stays once it is confirmed, and no watchdog does', async () => {
      const bound = await machine().pciOutput([...confirmation.args, '5m', '--json']);
      expect(expectDocument('plan', bound)).toMatchObject({ report: { awaitsConfirmation: true } });
      const journal = (await machine().output(['ls', '/var/lib/portal-gun/journal'])).trim();
      expect(await watchdogs()).toContain(`--unconfirmed ${journal.replace('.jsonl', '')}\n`);
      const confirmed = await machine().pciOutput(['confirm', '--json']);
      expect(expectDocument('confirm', confirmed)).toMatchObject({
        changes: [{ title: expect.any(String) }],
      });
      expect(await machine().pci(['confirm'])).toMatchObject({ exitCode: 3 });
      expect(await watchdogs()).toBe('');
      expect(await confirmation.state()).toBe(CONFIRMED);
    });
  });
}
