import * as z from 'zod/mini';
import { yamlList, yamlText } from '../../../base/yaml-form.ts';
import { key, required, text } from '../../definition/form-parts.ts';
import { guestPath, modeText, ownerText, parseMode, parseOwner } from '../config-manifest.ts';
import { guestSetting } from '../guest-settings.ts';
import type { DesiredPart, GuestCheck, GuestInit } from '../guest-state.ts';
import { noFaults, type ProvisionModule } from '../provision-module.ts';

const service = () => text(/^[A-Za-z0-9][A-Za-z0-9@._-]{0,100}$/, 'must be the name of a service');

export const servicesForm = z.strictObject({
  enable: key(yamlList(service()), 'Services that run, and start at each boot.'),
  disable: key(yamlList(service()), 'Services that do not run, and do not start at boot.'),
  restart: key(
    yamlList(
      z.strictObject({
        service: required(service(), 'Service.'),
        paths: required(yamlList(guestPath), 'Files and directories of the guest that it reads.'),
      }),
    ),
    'Services that are started again if provisioning changed their files.',
  ),
});

export const servicesModule: ProvisionModule<z.output<typeof servicesForm>> = {
  summary: 'Enables, disables and restarts services of systemd or OpenRC.',
  faults: noFaults,
  render({ enable = [], disable = [], restart = [] }, { init, origin }) {
    return {
      parts: [
        ...restart.map(
          ({ service: name, paths }): DesiredPart => ({ kind: 'restart', service: name, paths, origin }),
        ),
        ...enable.flatMap((name) => runningService(name, origin)),
        ...disable.flatMap((name) => serviceParts(name, 'stopped', 'disabled', origin)),
      ],
      checks: enable.map((name) => runningCheck(name, init, origin)),
    };
  },
};

/** A service that runs, and starts at each boot. */
export function runningService(name: string, origin: string): readonly DesiredPart[] {
  return serviceParts(name, 'running', 'enabled', origin);
}

export function runningCheck(name: string, init: GuestInit, origin: string): GuestCheck {
  const script = `[ "$(${guestSetting('service').read(name, init)})" = running ]`;
  return { words: `service ${name} runs`, script, origin };
}

function serviceParts(
  of: string,
  state: 'running' | 'stopped',
  boot: 'enabled' | 'disabled',
  origin: string,
): readonly DesiredPart[] {
  return [
    { kind: 'setting', setting: 'boot', of, value: boot, origin },
    { kind: 'setting', setting: 'service', of, value: state, origin },
  ];
}

export const filesForm = yamlList(
  z.strictObject({
    path: required(guestPath, 'File of the guest.'),
    text: required(yamlText, 'Its content.'),
    owner: key(ownerText, 'User, or user and group: `www-data:www-data`. Default: root.'),
    mode: key(modeText, 'Mode. Default: `0644`.'),
  }),
);

export const filesModule: ProvisionModule<z.output<typeof filesForm>> = {
  summary:
    'Writes short files. Longer ones, and whole directories, are in the directory `config` of the machine.',
  faults: noFaults,
  render: (files, { origin }) => ({
    parts: files.map(({ path, text: content, owner = 'root', mode = '0644' }) => ({
      ...{ kind: 'file', path, mode: parseMode(mode), ...parseOwner(owner), origin },
      content: new TextEncoder().encode(content),
    })),
    checks: [],
  }),
};
