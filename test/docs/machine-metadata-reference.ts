import { CATEGORIES } from '../../lib/libvirt/machine/category.ts';
import {
  MACHINE_NAMESPACE,
  MACHINE_PREFIX,
  readCategory,
} from '../../lib/libvirt/machine/machine-metadata.ts';
import { parseXml } from '../../lib/libvirt/xml/xml-document.ts';
import { code, table } from './markdown.ts';

const CATEGORY_MEANINGS: Readonly<Record<(typeof CATEGORIES)[number], string>> = {
  host: 'Stands for a host: one that is itself a VM, with machines in it.',
  controller: 'Has what a person sits at: displays, input, USB.',
  application: 'Runs programs of a person.',
  service: 'Runs something for other machines.',
  router: 'Has the network hardware, and joins networks.',
};

/** The page of what is kept in the metadata of machines. */
export function machineMetadataReference(): string {
  const element = `<${MACHINE_PREFIX}:machine xmlns:${MACHINE_PREFIX}="${MACHINE_NAMESPACE}" category="router"/>`;
  const example = `<domain type="kvm">\n  <name>galaxy0</name>\n  <metadata>\n    ${element}\n  </metadata>\n</domain>`;
  if (readCategory(parseXml(example, 'the example')) !== 'router') throw new Error('the example is not ours');
  return [
    '# Machine metadata',
    "What portal-gun knows of a machine stands in the machine's own definition, in the metadata that libvirt keeps for programs and changes nothing of. A contract: the namespace, the element and its attributes stay as they are.",
    `\`\`\`xml\n${example}\n\`\`\``,
    table(
      ['part', 'is'],
      [
        [
          'namespace',
          `${code(MACHINE_NAMESPACE)}, which never changes. What would not be understood by earlier versions gets another.`,
        ],
        [
          'prefix',
          `${code(MACHINE_PREFIX)} where portal-gun writes. Any that stands for the namespace is understood, wherever it is declared.`,
        ],
        [
          'element',
          `${code('machine')}: the first element of the namespace in ${code('<metadata>')}, which is the one that libvirt knows. Another in its place is told of, and not overwritten.`,
        ],
        [code('category'), 'What the machine is tagged with. Without it the machine is untagged.'],
        [
          code('assignment'),
          'An element in it for each device that `pci assign` gave the machine: its `alias` in the definition, the `policy`, and by what the device is found again, as it was then: `address`, `path`, `id`, `subsystem`, `serial` with `serial-at`, `product-serial`, `drive` with `model`, `wwn`, `guid`, `mac`, the number of its IOMMU `group`, of a VF of a pool which `vf` it is and the same of its PF (`pf-path`, `pf-id`, …), and in `allow` the names of the safety rules that were lifted for it, with blanks between.',
        ],
      ],
    ),
    'Attributes and elements that are not known are kept. An element in it is to be of a namespace, this one or its own: one of none is taken by libvirt to be of this one. Where nothing is left, the element is taken away; libvirt 9 leaves an empty `<metadata/>` in its place, which means nothing.',
    '## Category',
    'One of these, or a name of your own: a lower case letter, and up to 62 more, digits and hyphens.',
    table(
      ['category', 'a machine that'],
      CATEGORIES.map((category) => [code(category), CATEGORY_MEANINGS[category]]),
    ),
    'What a machine is called says nothing: an untagged machine is of no category, and a guess by its name is only shown.',
    '## By hand',
    'The same by `virsh`. What `--set` takes has no prefix; `--live` is for what runs, and `--config` for the definition:',
    `\`\`\`sh\nvirsh metadata galaxy0 --uri ${MACHINE_NAMESPACE} --key ${MACHINE_PREFIX} --set '<machine category="router"/>' --config\nvirsh metadata galaxy0 --uri ${MACHINE_NAMESPACE} --config\nvirsh metadata galaxy0 --uri ${MACHINE_NAMESPACE} --remove --config\n\`\`\``,
  ]
    .join('\n\n')
    .concat('\n');
}
