import { SimulatedLibvirt } from './simulated-libvirt.ts';

/** The serial device of a VM as portal defines it. */
export function serialXml(socket: string, log: string | null): string {
  const logged = log === null ? '' : `<log file='${log}' append='on'/>`;
  return `<serial type='unix'><source mode='bind' path='${socket}'/>${logged}<target type='isa-serial' port='0'/></serial>`;
}

/** A libvirt whose `galaxy0` has a console. */
export function consoleLibvirt(
  socket: string,
  log: string | null,
  state: 'running' | 'paused' | 'shut-off' = 'running',
): SimulatedLibvirt {
  const libvirt = new SimulatedLibvirt().addDevice('galaxy0', serialXml(socket, log));
  return state === 'shut-off' ? libvirt : libvirt.start('galaxy0', state);
}
