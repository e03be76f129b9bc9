import { expect } from 'vitest';
import type { RunningMachine } from './boot-machine.ts';
import { killedAt } from './killed.ts';

/** A device that is given away on a machine, to be undone unless it is confirmed. */
export class Confirmation {
  readonly #machine: () => RunningMachine;
  readonly #device: string;
  /** The arguments of `pci`, but for the time. */
  readonly args: readonly string[];

  constructor(machine: () => RunningMachine, device: string) {
    this.#machine = machine;
    this.#device = device;
    this.args = ['bind', device, '--yes', '--confirm-within'];
  }

  /** The device's driver, and how many journals there are: `vfio-pci 1`. */
  async state(): Promise<string> {
    const script = `basename "$(readlink /sys/bus/pci/devices/${this.#device}/driver)"
      ls /var/lib/portal-gun/journal 2>/dev/null | wc -l`;
    return (await this.#machine().output(['sh', '-c', script])).trim().replace('\n', ' ');
  }

  /** Waits until it is as it was: under emulation a start of the program takes seconds. */
  undone(driver: string): Promise<void> {
    return expect.poll(() => this.state(), { timeout: 240_000, interval: 2000 }).toBe(`${driver} 0`);
  }

  /**
   * Gives the device away in a session with a terminal, and ends that with all that is in it once it is done.
   *
   * @returns what the terminal showed
   */
  async giveInSessionThatDies(): Promise<string> {
    // It is the terminal that is killed: what it has shown is complete then, and the session is gone with it.
    const session = `script -qec 'pci ${this.args.join(' ')} 30s; echo exit $?; sleep 1000' /dev/null`;
    const script = `${killedAt(session, 'exit ')}; cat /lab/progress`;
    return (await this.#machine().run(['bash', '-c', script])).stdout.replaceAll('\r', '');
  }
}
