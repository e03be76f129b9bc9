import { describe, expect, it } from 'vitest';
import { parseDefinition } from '../../../lib/machines/definition/definition-parser.ts';

const parse = (text: string) => parseDefinition(text, 'r0', 'machine.yaml');
const faultsOf = (text: string) => parse(text).faults.map(({ at, message }) => `${at}: ${message}`);

describe('a machine definition', () => {
  it('needs only a category', () => {
    const { definition, faults } = parse('category: application\n');
    expect(faults).toEqual([]);
    expect(definition).toMatchObject({
      name: 'r0',
      category: 'application',
      firmware: 'none',
      boot: { profile: 'minivm' },
      memory: { sizeBytes: 512 * 2 ** 20 },
      display: 'none',
    });
  });

  it('names every fault at once, in its place', () => {
    expect(
      faultsOf(`category: Router
memory: 256
colour: red
sizes: 3
nics: [ { network: net0, bridge: br0 } ]
boot: { kernel: /boot/vmlinuz }
`),
    ).toMatchInlineSnapshot(`
      [
        "machine.yaml:3:9: no such key here: "colour"",
        "machine.yaml:4:8: no such key here: "sizes"",
        "machine.yaml:1:11: must be a category: a lowercase letter and up to 62 lowercase letters, digits and hyphens",
        "machine.yaml:2:9: not a size",
        "machine.yaml:6:17: is a file of the /boot of the host, which belongs to the host and changes with its updates",
        "machine.yaml:5:34: cannot be used with "network"",
      ]
    `);
  });

  it('says where each value comes from', () => {
    const parsed = parse('category: router\ncpus: 2\nmemory: { size: 1GiB }\n');
    expect(parsed.originOf(['cpus', 'count'])).toEqual({ kind: 'file', at: 'machine.yaml:2:7' });
    expect(parsed.originOf(['memory', 'size'])).toEqual({ kind: 'file', at: 'machine.yaml:3:17' });
    expect(parsed.originOf(['memory', 'hugepages'])).toEqual({ kind: 'default' });
    expect(parsed.originOf(['display'])).toEqual({ kind: 'default' });
  });
});
