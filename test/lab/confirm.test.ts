import { expect, test } from 'vitest';
import { validatorOf } from '../support/json-schemas.ts';
import type { RunningMachine } from './boot-machine.ts';
import { describeLab, useMachine } from './describe-lab.ts';

/** Two functions in one group. */
const DEVICE = '0000:03:00.0';
const DRIVERLESS = '0000:07:00.0';
const GIVE = ['pci', 'bind', DEVICE, '--yes', '--confirm-within'] as const;

/** Its driver, and how many journals there are. */
async function stateOf(machine: RunningMachine): Promise<string> {
  const script = `basename "$(readlink /sys/bus/pci/devices/${DEVICE}/driver)"
    ls /var/lib/portal-gun/journal 2>/dev/null | wc -l`;
  return (await machine.output(['sh', '-c', script])).trim().replace('\n', ' ');
}

const AS_BEFORE = 'e1000e 0';
const AWAITING = 'vfio-pci 1';
const CONFIRMED = 'vfio-pci 0';

/** Until it is as it was: under emulation a start of the program takes seconds. */
function undone(machine: RunningMachine): Promise<void> {
  return expect.poll(() => stateOf(machine), { timeout: 120_000, interval: 1000 }).toBe(AS_BEFORE);
}

/** Gives the device away in a session with a terminal, and ends that with all that is in it once it is done. */
async function giveInSessionThatDies(machine: RunningMachine): Promise<string> {
  const script = `script -qefc '${GIVE.join(' ')} 30s; echo exit $?; sleep 1000' /lab/session > /dev/null & pid=$!
    until grep -q '^exit ' /lab/session; do sleep 0.2; done
    kill -9 $pid; wait $pid; cat /lab/session`;
  return (await machine.run(['bash', '-c', script])).stdout.replaceAll('\r', '');
}

function expectDocument(kind: string, text: string): unknown {
  const document: unknown = JSON.parse(text);
  const validate = validatorOf(kind, { strict: true });
  validate(document);
  expect(validate.errors ?? []).toEqual([]);
  return document;
}

describeLab('a change that is to be confirmed', (root) => {
  const machine = useMachine(root, 'intel');

  test('is undone by itself where nobody does, also when the session of its program is gone', async () => {
    const told = await giveInSessionThatDies(machine());
    expect(told).toContain('Once made, it is undone by itself unless it is confirmed within 30 s.\n');
    expect(told).toContain('Confirm it within 30 s, or it is undone by itself: pci confirm\nexit 0\n');
    expect(await stateOf(machine())).toBe(AWAITING);
    await undone(machine());
    const late = await machine().run(['pci', 'confirm']);
    expect(late).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('[NOTHING_TO_CONFIRM]') });
  });

  test('is undone by itself when its program was killed in the middle', async () => {
    const script = `${GIVE.join(' ')} 10s 2>/lab/progress & pid=$!
      until grep -q '… ${DEVICE}' /lab/progress; do sleep 0.05; done
      kill -9 $pid; wait $pid; ls /var/lib/portal-gun/journal | wc -l`;
    expect(await machine().output(['bash', '-c', script])).toBe('1\n');
    await undone(machine());
  });

  test('keeps others waiting, and is undone at once by recover', async () => {
    expect(await machine().run([...GIVE, '5m'])).toMatchObject({ exitCode: 0 });
    const other = await machine().run(['pci', 'bind', DRIVERLESS, '--yes']);
    expect(other.exitCode).toBe(4);
    expect(other.stderr).toMatch(
      / awaits confirmation for another \d+ s, and is undone then \[RECOVERY_NEEDED\]/,
    );
    expect(other.stderr).toContain('hint: keep it: pci confirm; or undo it now: pci recover\n');
    const recovered = await machine().output(['pci', 'recover', '--json']);
    expect(expectDocument('recover', recovered)).toMatchObject({
      recovery: 'undo',
      changes: [{ report: { outcome: 'undone', awaitsConfirmation: false } }],
    });
    expect(await stateOf(machine())).toBe(AS_BEFORE);
  });

  test('stays once it is confirmed', async () => {
    const bound = await machine().output([...GIVE, '40s', '--json']);
    expect(expectDocument('plan', bound)).toMatchObject({ report: { awaitsConfirmation: true } });
    const journal = (await machine().output(['ls', '/var/lib/portal-gun/journal'])).trim();
    const confirmed = await machine().output(['pci', 'confirm', '--json']);
    expect(expectDocument('confirm', confirmed)).toMatchObject({ changes: [{ title: expect.any(String) }] });
    expect(await machine().run(['pci', 'confirm'])).toMatchObject({ exitCode: 3 });
    // Its watchdog comes all the same, and finds nothing.
    const watchdog = `--unconfirmed ${journal.replace('.jsonl', '')}`;
    const isGone = async () => (await machine().run(['pgrep', '-f', '--', watchdog])).exitCode;
    expect(await isGone()).toBe(0);
    await expect.poll(isGone, { timeout: 120_000, interval: 1000 }).toBe(1);
    expect(await stateOf(machine())).toBe(CONFIRMED);
  });
});

describeLab('a change that is to be confirmed, under systemd', (root) => {
  const machine = useMachine(root, 'intel', { init: 'systemd' });
  const timers = () => machine().output(['systemctl', 'list-timers', '--no-legend', 'portal-gun-*']);

  test('is undone by a timer, which confirming lets go', async () => {
    await giveInSessionThatDies(machine());
    expect(await timers()).toContain('portal-gun-confirm-');
    await undone(machine());
    await machine().output([...GIVE, '5m']);
    expect(await timers()).toContain('portal-gun-confirm-');
    await machine().output(['pci', 'confirm']);
    expect(await timers()).toBe('');
    expect(await stateOf(machine())).toBe(CONFIRMED);
  });
});
