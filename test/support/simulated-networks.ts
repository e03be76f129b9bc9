import type { FakeAnswer } from './fake-virsh.ts';

/** A network of a simulated libvirt. */
interface SimulatedNetwork {
  readonly xml: string;
  active: boolean;
  autostart: boolean;
}

const DONE: FakeAnswer = { output: '' };

/** The networks of a simulated libvirt, by their names: the commands `net-*` of virsh. */
export class SimulatedNetworks {
  readonly networks = new Map<string, SimulatedNetwork>();

  answer(command: readonly string[], input: string): FakeAnswer {
    const [verb = ''] = command;
    if (verb === 'net-list') return { output: `${this.#listed(command).join('\n')}\n` };
    if (verb === 'net-define') return this.#define(input);
    const name = command.slice(1).find((word) => !word.startsWith('-')) ?? '';
    const network = this.networks.get(name);
    if (network === undefined) return { error: `failed to get network '${name}'` };
    switch (verb) {
      case 'net-dumpxml':
        return { output: network.xml };
      case 'net-start':
        if (network.active) return { error: 'Requested operation is not valid: network is already active' };
        network.active = true;
        return DONE;
      case 'net-destroy':
        network.active = false;
        return DONE;
      case 'net-autostart':
        network.autostart = !command.includes('--disable');
        return DONE;
      case 'net-undefine':
        this.networks.delete(name);
        return DONE;
      default:
        return { error: `unknown command: '${verb}'` };
    }
  }

  state(): readonly string[] {
    return [...this.networks].map(([name, network]) => `network ${name} ${JSON.stringify(network)}`);
  }

  #listed(command: readonly string[]): readonly string[] {
    return [...this.networks]
      .filter(([, { active, autostart }]) => {
        if (command.includes('--autostart')) return autostart;
        return active || command.includes('--all');
      })
      .map(([name]) => name);
  }

  #define(xml: string): FakeAnswer {
    const name = /<name>([^<]*)<\/name>/.exec(xml)?.[1];
    if (name === undefined) return { error: 'XML error: missing name information' };
    this.networks.set(name, { xml, active: false, autostart: false });
    return DONE;
  }
}
