import {
  COMMON_DIFFERENCES,
  VIRT_INSTALL_LINES,
  type VirtInstallLine,
} from '../support/virt-install/lines.ts';
import { code, table } from './markdown.ts';

/** The page of lines of virt-install with the machines that have the same devices. */
export function virtInstallReference(): string {
  const lines = Object.entries(VIRT_INSTALL_LINES);
  return `${[
    '# Lines of virt-install as machines',
    `${lines.length} lines of \`virt-install\`, and for each a definition with the same devices. The reasons for the remaining differences are below. A test compares the XML of libvirt that both print. [How to move a VM to a machine folder](../how-to/move-from-virt-install.md) shows the steps.`,
    'Files of the line, such as `debian.qcow2`, are in the folder of the machine.',
    '## Differences of all lines',
    reasons(COMMON_DIFFERENCES),
    'PCI Express root ports: `virt-install` adds 14. A machine has one for each network card, virtio disk and share, and two for later devices (`spare-root-ports`). PCI addresses are part of the definition, so that a device keeps its address if another one is added.',
    ...lines.flatMap(([name, line]) => section(name, line)),
  ].join('\n\n')}\n`;
}

function section(name: string, { title, options, definition, fragment, differences }: VirtInstallLine) {
  return [
    `## ${title}`,
    block('sh', `virt-install --name ${name} ${options}`.replaceAll(' --', ' \\\n  --')),
    `In \`machines/${name}/machine.yaml\`:`,
    block('yaml', definition.trimEnd()),
    ...(fragment === undefined
      ? []
      : [`In \`machines/${name}/xml/${fragment.file}\`:`, block('xml', fragment.text.trimEnd())]),
    ...(differences === undefined ? [] : [reasons(differences)]),
  ];
}

function block(language: string, text: string): string {
  return `\`\`\`${language}\n${text}\n\`\`\``;
}

function reasons(differences: Readonly<Record<string, string>>): string {
  const rows = Object.entries(differences).map(([difference, reason]) => {
    const at = difference.indexOf(': ');
    return [difference.slice(0, at), code(difference.slice(at + 2)), reason];
  });
  return table(['only in', 'part', 'reason'], rows);
}
