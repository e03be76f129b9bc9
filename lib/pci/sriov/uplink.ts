import { type Known, knownValue } from '../../base/known.ts';

/** A network interface of a function, with the name of its port. */
export interface PortOfFunction {
  readonly name: string;
  /** `phys_port_name`: `p0` of the port itself, `pf0vf1` of a representor; `null` for most cards. */
  readonly portName: Known<string>;
}

/** The port itself, also if it is split (`p0s1`), or behind a controller (`c1p0`). */
const PORT = /^(c\d+)?p\d+(s\d+)?$/;

/**
 * The interface that configures a PF. In switchdev mode a PF also has an interface for each VF (representors), whose
 * names may be first in the order. The port itself is named p0, and the representors pf0vf1, c1pf0sf2, or only a
 * number.
 */
export function uplinkOf<T extends PortOfFunction>(ports: readonly T[]): T | undefined {
  const nameOf = ({ portName }: T): string => knownValue(portName) ?? '';
  return (
    ports.find((port) => PORT.test(nameOf(port))) ?? ports.find((port) => nameOf(port) === '') ?? ports[0]
  );
}
