import * as z from 'zod';
import { DEFINITION_METADATA } from '../../lib/machines/definition/form-parts.ts';
import { manifestForm } from '../../lib/machines/provision/config-manifest.ts';
import { MAX_GUEST_FILE_BYTES } from '../../lib/machines/provision/guest-state.ts';
import { type Form, valueWords } from './machine-definition-reference.ts';
import { code, table } from './markdown.ts';
import type { Schema } from './reference.ts';

const ROUTER = `category: router
nics:
  - network: isolated/wan
  - network: isolated/lan
provision:
  - network/interfaces:
      wan: { nic: 0, dhcp: true }
      lan: { nic: 1, address: 10.0.0.1/24 }
  - network/dhcp: { serve: lan, range: .100-.200 }
  - network/firewall: { masquerade: lan -> wan }
`;
const MANIFEST = `values: { domain: example.org }
files:
  - path: /etc/nginx
    owner: root:www-data
    mode: 0640
    directory-mode: 0750
blocks:
  - path: /etc/hosts
    name: lab
    text: |
      10.0.0.1 r0
lines:
  - path: /etc/ssh/sshd_config
    starts-with: "PermitRootLogin "
    line: PermitRootLogin no
removals:
  - /etc/motd
`;

/** The page of modules and manifests, from their forms. */
export function provisionReference(schemas: ReadonlyMap<string, Schema>): string {
  const definition = schemas.get('machine-definition.v1.schema.json') as Form | undefined;
  const provision = definition?.properties?.['provision'];
  const modules = entryOf(provision)?.properties;
  if (modules === undefined) throw new Error('no modules');
  return `${[
    '# Provisioning',
    'What the guest of a machine has inside: the modules under `provision` in the [definition](machine.md), and the directory `config` in the folder of the machine. `portal provision` makes the changes, `portal diff` shows them.',
    '## Modules',
    `\`\`\`yaml\n${ROUTER}\`\`\``,
    'An entry of `provision` is one module with its options. Shares and disks come first, then the network, then packages. The other modules follow in the order of the list, then the files of `config`, and `services` last. Modules that write services need systemd or OpenRC in the guest.',
    ...Object.entries(modules).map(([name, form]) => sectionOf(`### ${name}`, form)),
    '## The directory config',
    `It mirrors \`/\` of the guest: \`config/etc/motd\` is \`/etc/motd\`. A file has at most ${MAX_GUEST_FILE_BYTES / 1024} KiB, and symbolic links are not allowed. Files belong to root, with mode \`0644\`, or \`0755\` if the file of the folder is executable. A directory is created if it is missing, and otherwise not changed. Files whose names end in \`.liquid\` are templates, without this ending in the guest. They know \`name\`, \`category\`, \`title\`, \`uuid\`, \`cpus\`, \`memory_bytes\`, \`nics\` (\`mac\`, \`network\`, \`bridge\`, \`model\`), \`shares\` (\`name\`, \`mode\`) and \`values\`. A file \`.gitkeep\` is passed over.`,
    'The file `config/.portal.yaml` is the manifest, which is optional:',
    `\`\`\`yaml\n${MANIFEST}\`\`\``,
    sectionOf(
      '### Manifest',
      z.toJSONSchema(manifestForm, { io: 'input', metadata: DEFINITION_METADATA }) as Form,
    ),
  ].join('\n\n')}\n`;
}

function sectionOf(title: string, form: Form): string {
  const rows = rowsOf(form, '');
  const words = form.description === undefined ? [] : [form.description];
  const about = rows.length === 0 ? [`${words.join('')} Its value is a ${valueWords(form)}.`] : words;
  const keys = rows.length === 0 ? [] : [table(['key', 'value', 'meaning'], rows)];
  return [title, ...about, ...keys].join('\n\n');
}

/** The keys of a form and of those in it: `restart.0.paths`, `NAME.address`. */
function rowsOf(form: Form, path: string): readonly (readonly string[])[] {
  const { properties, required = [], additionalProperties } = form;
  if (properties !== undefined) {
    return Object.entries(properties)
      .filter(([key]) => key !== '$schema')
      .flatMap(([key, part]) => [
        [
          code(`${path}${key}`),
          `${valueWords(part)}${required.includes(key) ? ', required' : ''}`,
          part.description ?? '',
        ],
        ...rowsOf(part, `${path}${key}.`),
      ]);
  }
  if (typeof additionalProperties === 'object') {
    return [
      [code(`${path}NAME`), valueWords(additionalProperties), ''],
      ...rowsOf(additionalProperties, `${path}NAME.`),
    ];
  }
  const inner = entryOf(form);
  return inner === null ? [] : rowsOf(inner, `${path}N.`);
}

/** The form of the entries of a list; `null` if they are no mappings. */
function entryOf(form: Form | undefined): Form | null {
  const lists = [form, ...(form?.anyOf ?? [])].flatMap((each) => each?.items ?? []);
  return lists.find(({ properties }) => properties !== undefined) ?? null;
}
