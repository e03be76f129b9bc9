import type { Stage } from '../stage.ts';

/** Something that is done to a host. It knows the host by its ports alone, and never what it runs on. */
export interface Scenario {
  readonly name: string;
  readonly play: (stage: Stage) => Promise<void>;
}
