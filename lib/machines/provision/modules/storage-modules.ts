import * as z from 'zod/mini';
import { yamlList, yamlText } from '../../../base/yaml-form.ts';
import { key, required, text } from '../../definition/form-parts.ts';
import type { MachineDefinition } from '../../definition/machine-definition.ts';
import { isGuestPath } from '../guest-path.ts';
import type { DesiredPart } from '../guest-state.ts';
import { noFaults, type ProvisionModule } from '../provision-module.ts';

const FSTAB = '/etc/fstab';
const mountPoint = () =>
  yamlText.check(
    z.refine((path) => /^(\/[A-Za-z0-9._-]+)+$/.test(path) && isGuestPath(path), {
      error:
        'must be an absolute path of letters, digits, "." "_" "-" and "/", outside of /proc, /sys and /dev',
    }),
  );

export const fstabForm = yamlList(
  z.strictObject({
    source: required(
      text(/^[A-Za-z0-9=/_.:-]{1,200}$/, 'must be a device, LABEL=, UUID= or a tag'),
      'Device: `LABEL=data`, `/dev/vdb`.',
    ),
    target: required(mountPoint(), 'Directory that it is mounted on.'),
    type: required(text(/^[a-z0-9._-]{1,30}$/, 'must be the type of a file system'), 'Type of file system.'),
    options: key(
      text(/^[A-Za-z0-9=,/._:-]{1,300}$/, 'must be options of mount'),
      'Options. Default: `defaults,nofail`.',
    ),
  }),
);

export const fstabModule: ProvisionModule<z.output<typeof fstabForm>> = {
  summary: 'Mounts file systems, now and at each boot, by a marked block in `/etc/fstab`.',
  faults: noFaults,
  render: (entries, { origin }) => {
    const auto = entries.filter(({ options = '' }) => !options.split(',').includes('noauto'));
    return {
      parts: [
        fstabBlock(
          'fstab',
          entries.map(({ source, target, type, options = 'defaults,nofail' }) =>
            [source, target, type, options].join(' '),
          ),
          origin,
        ),
        ...auto.map(({ target }) => mountOf(target, origin)),
      ],
      checks: auto.map(({ target }) => mountCheck(target, 'rw', origin)),
    };
  },
};

export const sharesForm = z.record(yamlText, mountPoint());

export const sharesModule: ProvisionModule<z.output<typeof sharesForm>> = {
  summary:
    'Mounts shares of the machine, by name, now and at each boot. The guest can write only to shares with `mode: rw`.',
  faults: (mounts, { shares }) =>
    Object.keys(mounts)
      .filter((name) => !shares.some((share) => share.name === name))
      .map((name) => ({
        path: [name],
        message: 'is no share of the machine',
        hint:
          shares.length === 0
            ? 'add it to "shares"'
            : `its shares are ${shares.map((each) => each.name).join(', ')}`,
      })),
  render: (mounts, { definition, origin }) => {
    const entries = Object.entries(mounts);
    return {
      parts: [
        fstabBlock(
          'shares',
          entries.map(([name, target]) => shareLine(definition, name, target)),
          origin,
        ),
        ...entries.map(([, target]) => mountOf(target, origin)),
      ],
      checks: entries.map(([name, target]) =>
        mountCheck(target, definition.shares.find((share) => share.name === name)?.mode ?? 'ro', origin),
      ),
    };
  },
};

function shareLine({ shares }: MachineDefinition, name: string, target: string): string {
  const share = shares.find((each) => each.name === name);
  const mode = share?.mode ?? 'ro';
  return share?.driver === 'virtiofs'
    ? `${name} ${target} virtiofs ${mode},nofail 0 0`
    : `${name} ${target} 9p trans=virtio,version=9p2000.L,msize=512000,${mode},nofail 0 0`;
}

function fstabBlock(name: string, lines: readonly string[], origin: string): DesiredPart {
  const text = lines.map((line) => `${line}\n`).join('');
  return { kind: 'edit', path: FSTAB, edit: { kind: 'block', name, text }, origin };
}

function mountOf(target: string, origin: string): DesiredPart {
  return { kind: 'setting', setting: 'mount', of: target, value: 'mounted', origin };
}

/** The paths have only characters that a shell takes as they are. */
function mountCheck(target: string, mode: 'ro' | 'rw', origin: string): ModuleCheck {
  return {
    words: `${target} is mounted${mode === 'ro' ? ', and cannot be written' : ''}`,
    script: `found=; while read -r _ at _ options _; do [ "$at" != ${target} ] || found=,$options,; done < /proc/mounts; case $found in ${mode === 'ro' ? '*,ro,*' : '?*'}) exit 0 ;; esac; exit 1`,
    origin,
  };
}

type ModuleCheck = ReturnType<ProvisionModule<never>['render']>['checks'][number];
