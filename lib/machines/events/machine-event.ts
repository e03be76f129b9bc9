/** The events of the life of a machine that scripts on the host run for, in the order of a life. */
export const HOST_EVENTS = [
  'prepare',
  'start',
  'started',
  'device-added',
  'device-removed',
  'failed-start',
  'stopped',
  'release',
] as const;
export type HostEvent = (typeof HOST_EVENTS)[number];

/** The events that scripts in the guest are for. No program runs them yet. */
export const GUEST_EVENTS = [
  'boot',
  'network-up',
  'login-ready',
  'connect',
  'disconnect',
  'before-shutdown',
  'shutdown',
] as const;
export type MachineEvent = HostEvent | (typeof GUEST_EVENTS)[number];

/** What follows if a script fails: the later scripts of the event do not run, or they do. */
export type OnError = 'halt' | 'continue';

/** A script that runs on the host. */
export interface EventScript {
  readonly event: HostEvent;
  /** Scripts of an event run in this order, and those with the same number by their names. */
  readonly order: number;
  readonly timeoutMs: number;
  readonly onError: OnError;
  /** Its path in the folder of the machine: `scripts/prepare.d/10-x`. */
  readonly file: string;
  /** Its path among installed scripts: `prepare.d/10-x`. */
  readonly path: string;
  readonly text: string;
}

export function isHostEvent(word: string): word is HostEvent {
  return HOST_EVENTS.some((each) => each === word);
}

export function isMachineEvent(word: string): word is MachineEvent {
  return isHostEvent(word) || GUEST_EVENTS.some((each) => each === word);
}

/** The scripts of an event, in the order in which they run. */
export function scriptsOf(scripts: readonly EventScript[], event: HostEvent): readonly EventScript[] {
  return scripts
    .filter((script) => script.event === event)
    .toSorted((a, b) => a.order - b.order || (a.path < b.path ? -1 : 1));
}
