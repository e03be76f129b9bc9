import * as z from 'zod/mini';
import { quote } from '../../../base/shell-command.ts';
import { yamlList, yamlText } from '../../../base/yaml-form.ts';
import { integer, key, required, text } from '../../definition/form-parts.ts';
import { guestPath } from '../config-manifest.ts';
import { guestSetting, isSysctl } from '../guest-settings.ts';
import type { DesiredPart } from '../guest-state.ts';
import { noFaults, type ProvisionModule } from '../provision-module.ts';

const HOST_NAME = text(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'must be a host name: a label of a domain');
const userName = () => text(/^[a-z_][a-z0-9_-]{0,30}$/, 'must be a user name: up to 31 lowercase letters');
/** A path as a field of `/etc/passwd`. */
const accountPath = () => guestPath.check(z.regex(/^[^:\s]+$/, { error: 'must not contain ":" or blanks' }));
const encoder = new TextEncoder();

export const hostnameForm = z.strictObject({
  name: key(HOST_NAME, 'Host name. Default: the name of the machine.'),
});

export const hostnameModule: ProvisionModule<z.output<typeof hostnameForm>> = {
  summary: 'Sets the host name, now and at each boot, and its line in `/etc/hosts`.',
  faults: noFaults,
  render({ name: given }, { definition, origin }) {
    const name = given ?? definition.name;
    return {
      parts: [
        plainFile('/etc/hostname', `${name}\n`, origin),
        {
          ...{ kind: 'edit', path: '/etc/hosts', origin },
          edit: { kind: 'line', line: `127.0.1.1\t${name}`, startsWith: '127.0.1.1' },
        },
        { kind: 'setting', setting: 'hostname', of: 'kernel', value: name, origin },
      ],
      checks: [
        {
          words: `the host name is ${name}`,
          script: `[ "$(cat /proc/sys/kernel/hostname)" = ${quote(name)} ]`,
          origin,
        },
      ],
    };
  },
};

export const sysctlForm = z.record(
  yamlText.check(z.refine(isSysctl, { error: 'must be a key of sysctl, such as net.ipv4.ip_forward' })),
  text(/^[\x21-\x7e]([\x20-\x7e]{0,198}[\x21-\x7e])?$/, 'must be up to 200 printable characters'),
);

export const sysctlModule: ProvisionModule<z.output<typeof sysctlForm>> = {
  summary: 'Sets kernel parameters, now and at each boot (`/etc/sysctl.d/90-portal-gun.conf`).',
  faults: noFaults,
  render(values, { origin }) {
    const entries = Object.entries(values);
    const lines = entries.map(([name, value]) => `${name} = ${value}\n`);
    return {
      parts: [
        plainFile('/etc/sysctl.d/90-portal-gun.conf', lines.join(''), origin),
        ...entries.map(
          ([of, value]): DesiredPart => ({ kind: 'setting', setting: 'sysctl', of, value, origin }),
        ),
      ],
      checks: entries.map(([name, value]) => ({
        words: `sysctl ${name} is ${value}`,
        script: `[ "$(${guestSetting('sysctl').read(name, 'none')})" = ${quote(value)} ]`,
        origin,
      })),
    };
  },
};

export const kernelModulesForm = yamlList(
  text(/^[a-z0-9][a-z0-9_-]{0,63}$/i, 'must be the name of a kernel module'),
);

export const kernelModulesModule: ProvisionModule<z.output<typeof kernelModulesForm>> = {
  summary: 'Loads kernel modules, now and at each boot (`/etc/modules-load.d/portal-gun.conf`).',
  faults: noFaults,
  render(modules, { origin }) {
    return {
      parts: [
        plainFile('/etc/modules-load.d/portal-gun.conf', modules.map((each) => `${each}\n`).join(''), origin),
        ...modules.map(
          (of): DesiredPart => ({ kind: 'setting', setting: 'module', of, value: 'loaded', origin }),
        ),
      ],
      checks: modules.map((name) => ({
        words: `kernel module ${name} is loaded`,
        script: `[ -d ${quote(`/sys/module/${name.replaceAll('-', '_')}`)} ]`,
        origin,
      })),
    };
  },
};

export const packagesForm = yamlList(text(/^[a-z0-9][a-z0-9+.-]{0,100}$/, 'must be the name of a package'));

export const packagesModule: ProvisionModule<z.output<typeof packagesForm>> = {
  summary: 'Installs packages of the distribution, by apt-get or apk. The guest needs a source of packages.',
  faults: noFaults,
  render: (names, { origin }) => ({
    parts: names.map((of) => ({ kind: 'setting', setting: 'package', of, value: 'installed', origin })),
    checks: names.map((name) => ({
      words: `package ${name} is installed`,
      script: `[ "$(${guestSetting('package').read(name, 'none')})" = installed ]`,
      origin,
    })),
  }),
};

const MAX_ID = 60_000;

export const usersForm = yamlList(
  z.strictObject({
    name: required(userName(), 'Name.'),
    uid: required(integer(1, MAX_ID), 'Number of the user.'),
    gid: key(integer(1, MAX_ID), 'Number of its own group. Default: that of the user.'),
    groups: key(yamlList(userName()), 'Further groups, which the guest must have.'),
    home: key(accountPath(), 'Home directory, which is created. Default: `/home/NAME`.'),
    shell: key(accountPath(), 'Login shell. Default: `/bin/sh`.'),
    comment: key(text(/^[^:\p{Cc}]{0,100}$/u, 'must be a line without ":"'), 'Full name.'),
    'authorized-keys': key(
      yamlList(text(/^[\x20-\x7e]{20,1000}$/, 'must be a public key in one line')),
      'Keys that may log in by SSH. They replace the file of the user.',
    ),
  }),
);

export const usersModule: ProvisionModule<z.output<typeof usersForm>> = {
  summary:
    'Adds users with their groups and home directories. A user that the guest has is not changed. New users have no password.',
  faults: noFaults,
  render: (users, { origin }) => ({
    parts: users.flatMap((user) => userParts(user, origin)),
    checks: users.map(({ name, uid }) => ({
      words: `user ${name} has the number ${uid}`,
      script: `[ "$(id -u ${quote(name)})" = ${uid} ]`,
      origin,
    })),
  }),
};

function userParts(user: z.output<typeof usersForm>[number], origin: string): readonly DesiredPart[] {
  const { name, uid, gid = uid, groups = [], home = `/home/${name}`, shell = '/bin/sh', comment = '' } = user;
  const entry = (path: string, line: string, newMode?: number): DesiredPart => ({
    ...{ kind: 'edit', path, edit: { kind: 'entry', line, key: `${name}:` }, origin },
    ...(newMode === undefined ? {} : { newMode }),
  });
  const owner = { user: uid, group: gid, origin };
  const keys = user['authorized-keys'] ?? [];
  return [
    entry('/etc/group', `${name}:x:${gid}:`),
    entry('/etc/passwd', `${name}:x:${uid}:${gid}:${comment}:${home}:${shell}`),
    entry('/etc/shadow', `${name}:!:19000:0:99999:7:::`, 0o600),
    ...groups.map(
      (group): DesiredPart => ({
        ...{ kind: 'edit', path: '/etc/group', edit: { kind: 'member', group, user: name }, origin },
      }),
    ),
    { kind: 'directory', path: home, mode: 0o750, ...owner },
    ...(keys.length === 0 ? [] : keyParts(`${home}/.ssh`, keys, owner)),
  ];
}

function keyParts(
  folder: string,
  keys: readonly string[],
  owner: { readonly user: number; readonly group: number; readonly origin: string },
): readonly DesiredPart[] {
  const content = encoder.encode(keys.map((line) => `${line}\n`).join(''));
  return [
    { kind: 'directory', path: folder, mode: 0o700, ...owner },
    { kind: 'file', path: `${folder}/authorized_keys`, mode: 0o600, ...owner, content },
  ];
}

/** A file of root that all users may read. */
export function plainFile(path: string, content: string, origin: string, mode = 0o644): DesiredPart {
  return { kind: 'file', path, content: encoder.encode(content), mode, user: 0, group: 0, origin };
}
