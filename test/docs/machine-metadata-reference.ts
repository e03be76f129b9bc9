import { CATEGORIES } from '../../lib/libvirt/machine/category.ts';
import {
  MACHINE_NAMESPACE,
  MACHINE_PREFIX,
  readCategory,
} from '../../lib/libvirt/machine/machine-metadata.ts';
import { parseXml } from '../../lib/libvirt/xml/xml-document.ts';
import { code, table } from './markdown.ts';

const CATEGORY_MEANINGS: Readonly<Record<(typeof CATEGORIES)[number], string>> = {
  host: 'represents a host that is itself a VM, with VMs in it.',
  controller: 'has the devices of a seat: displays, input, USB.',
  application: 'runs the programs of a user.',
  service: 'serves other VMs.',
  router: 'has the network hardware, and connects networks.',
};

/** The page of what is kept in the metadata of machines. */
export function machineMetadataReference(): string {
  const element = `<${MACHINE_PREFIX}:machine xmlns:${MACHINE_PREFIX}="${MACHINE_NAMESPACE}" category="router"/>`;
  const example = `<domain type="kvm">\n  <name>galaxy0</name>\n  <metadata>\n    ${element}\n  </metadata>\n</domain>`;
  if (readCategory(parseXml(example, 'the example')) !== 'router') throw new Error('the example is not ours');
  return [
    '# Machine metadata',
    'The data of portal-gun about a VM is stored in the definition of the VM, in the metadata that libvirt keeps unchanged for other programs. This is a contract: the namespace, the element and its attributes do not change.',
    `\`\`\`xml\n${example}\n\`\`\``,
    table(
      ['part', 'is'],
      [
        [
          'namespace',
          `${code(MACHINE_NAMESPACE)}, which never changes. If earlier versions would not understand new content, it gets another namespace.`,
        ],
        [
          'prefix',
          `${code(MACHINE_PREFIX)} in output of portal-gun. Any prefix for the namespace is accepted, wherever it is declared.`,
        ],
        [
          'element',
          `${code('machine')}: the first element of the namespace in ${code('<metadata>')}, which is the one that libvirt uses. Another element in its place is reported and not overwritten.`,
        ],
        [code('category'), 'The category of the VM. Without it the VM is untagged.'],
        [
          `${code('folder')}, ${code('definition')}, ${code('project')}`,
          'Of a machine of `portal`: the directory that defines it, what identifies the content of its definition, and the name of the project that it is part of.',
        ],
        [
          code('assignment'),
          'A child element for each device that `pci assign` added: its `alias` in the definition, the `policy`, and its identity when it was assigned: `address`, `path`, `id`, `subsystem`, `serial` with `serial-at`, `product-serial`, `drive` with `model`, `wwn`, `guid`, `mac`, and the number of its IOMMU `group`. For a VF of a pool, also its number `vf` and the identity of its PF (`pf-path`, `pf-id`, …). `allow` contains the names of the accepted safety rules, separated by spaces.',
        ],
      ],
    ),
    'Unknown attributes and elements are kept. A child element must have a namespace, this one or its own: libvirt puts an element without one into this namespace. If nothing is left, the element is removed. libvirt 9 leaves an empty `<metadata/>`, which means nothing.',
    'A network of libvirt that `portal` created has the element `network` of the same namespace in its own metadata, with the attributes `network`, its name in definitions, and `project`.',
    '## Category',
    'One of these, or a custom name: a lowercase letter, followed by at most 62 lowercase letters, digits and hyphens.',
    table(
      ['category', 'the VM'],
      CATEGORIES.map((category) => [code(category), CATEGORY_MEANINGS[category]]),
    ),
    'The name of a VM has no meaning: an untagged VM has no category, and a guess from its name is only shown.',
    '## By hand',
    '`virsh` can do the same. The argument of `--set` has no prefix. `--live` changes the running VM, and `--config` the definition:',
    `\`\`\`sh\nvirsh metadata galaxy0 --uri ${MACHINE_NAMESPACE} --key ${MACHINE_PREFIX} --set '<machine category="router"/>' --config\nvirsh metadata galaxy0 --uri ${MACHINE_NAMESPACE} --config\nvirsh metadata galaxy0 --uri ${MACHINE_NAMESPACE} --remove --config\n\`\`\``,
  ]
    .join('\n\n')
    .concat('\n');
}
