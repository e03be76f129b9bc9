import { expect } from 'vitest';
import type { RunningMachine } from './boot-machine.ts';

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
    return expect.poll(() => this.state(), { timeout: 120_000, interval: 3000 }).toBe(`${driver} 0`);
  }

  /**
   * Gives the device away in a session with a terminal, and ends that with all that is in it once it is done.
   *
   * @returns what the terminal showed
   */
  async giveInSessionThatDies(): Promise<string> {
    const script = `mkfifo /tmp/through
      script -qefc 'pci ${this.args.join(' ')} 30s; echo exit $?; echo > /tmp/through; sleep 1000' /lab/session > /dev/null & pid=$!
      read < /tmp/through
      kill -9 $pid; wait $pid; cat /lab/session`;
    return (await this.#machine().run(['bash', '-c', script])).stdout.replaceAll('\r', '');
  }
}
