import type { HostReader } from '../../lib/host/host-reader.ts';
import { SimulatedHost } from '../../lib/simulation/simulated-host.ts';
import type { Surroundings } from './stage.ts';

/** Gives each scenario a simulated host of its own, as the captured one is. */
export function prepareSimulation(captured: HostReader): () => Promise<Surroundings> {
  return async () => {
    const host = new SimulatedHost(captured);
    return {
      reader: host,
      writer: host,
      async hold(addresses) {
        const release = host.hold(addresses);
        return release === null ? null : async () => release();
      },
      async loadDriver(driver) {
        host.loadDriver(driver);
      },
      async settle() {},
    };
  };
}
