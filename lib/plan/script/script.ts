import { PortalGunError } from '../../base/errors.ts';
import { escapeControls } from '../../base/text.ts';
import { formatAddedRootPort, formatHostDevice } from '../../libvirt/hostdev/host-device-text.ts';
import { MACHINE_NAMESPACE, MACHINE_PREFIX } from '../../libvirt/machine/machine-metadata.ts';
import type { Change } from '../change.ts';
import type { ScriptPart, XmlTexts } from '../change-kind.ts';
import { kindOf } from '../change-kinds.ts';
import type { Guard } from '../guard.ts';
import type { Plan } from '../plan.ts';
import type { Proposal } from '../proposal.ts';
import { CHECKS_HEAD, checkLines, passedOver } from './script-checks.ts';
import { HEAD, SCRIPT_PARTS } from './script-parts.ts';

const XML: XmlTexts = {
  device: formatHostDevice,
  rootPort: formatAddedRootPort,
  namespace: MACHINE_NAMESPACE,
  prefix: MACHINE_PREFIX,
};

/** A plan as a POSIX shell script that makes the same changes with ordinary commands. Text from the host is quoted. */
export function formatScript(
  { title, guards, steps }: Plan,
  version: string,
  { findings, allowed }: Pick<Proposal, 'findings' | 'allowed'> = { findings: [], allowed: new Set() },
): string {
  const over = passedOver(findings, allowed);
  const parts = new Set(steps.flatMap(({ change }) => kindOf(change).script.parts(change)));
  const lines = steps.flatMap(({ words, change }) => [
    '',
    `# ${escapeControls(words)}`,
    ...checkLines(change, over),
    ...kindOf(change).script.lines(change, XML),
  ]);
  return [
    '#!/bin/sh',
    `# ${escapeControls(title)}`,
    `# Made by portal-gun ${version}.`,
    ...(allowed.size === 0 ? [] : [`# Allowed when it was made: ${[...allowed].sort().join(', ')}.`]),
    HEAD +
      (steps.some(({ change }) => checkLines(change, over).length > 0) ? CHECKS_HEAD : '') +
      partsOf(parts),
    ...guards.map(guardLine),
    // Before the first change; and again at each step, for results of earlier steps.
    ...steps.flatMap(({ change }) => (isGuarded(change, guards) ? checkLines(change, over) : [])),
    ...lines,
    '',
  ].join('\n');
}

function partsOf(called: ReadonlySet<ScriptPart>): string {
  return Object.entries(SCRIPT_PARTS)
    .map(([part, text]) => (called.has(part as ScriptPart) ? text : ''))
    .join('');
}

/** Whether the functions that a change takes have guards. */
function isGuarded(change: Change, guards: readonly Guard[]): boolean {
  const taken = kindOf(change).functions(change, 'to') ?? [];
  return guards.some(({ address }) => taken.includes(address));
}

function guardLine({ address, id, subsystem, iommuGroup }: Guard): string {
  if (id === null) {
    throw new PortalGunError(
      'PERMISSION_DENIED',
      'its ids could not be read, so a script could not distinguish it from other devices',
      {
        subject: address,
      },
    );
  }
  return `same ${address} ${id} ${subsystem ?? '-'} ${typeof iommuGroup === 'number' ? iommuGroup : '-'}`;
}
