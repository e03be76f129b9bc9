import { type Known, knownValue } from '../../base/known.ts';

/** A network interface of a function, with what tells which port of the card it is. */
export interface PortOfFunction {
  readonly name: string;
  /** `phys_port_name`: `p0` of the port itself, `pf0vf1` of one that stands for a VF; `null` for most cards. */
  readonly portName: Known<string>;
}

/** A port itself, also split in several (`p0s1`), and behind a controller (`c1p0`). */
const PORT = /^(c\d+)?p\d+(s\d+)?$/;

/**
 * The interface by which a PF is set up. A card in switchdev mode has below its PF one for each VF too (representors), which may
 * come first by name: the port itself is called p0, and the representors pf0vf1, c1pf0sf2, or by a number alone.
 */
export function uplinkOf<T extends PortOfFunction>(ports: readonly T[]): T | undefined {
  const nameOf = ({ portName }: T): string => knownValue(portName) ?? '';
  return (
    ports.find((port) => PORT.test(nameOf(port))) ?? ports.find((port) => nameOf(port) === '') ?? ports[0]
  );
}
