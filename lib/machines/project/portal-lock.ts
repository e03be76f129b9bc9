import { stringify } from 'yaml';
import * as z from 'zod/mini';
import { YamlFile } from '../../base/yaml-file.ts';
import {
  type MissingWords,
  parseYaml,
  withHint,
  yamlFlag,
  yamlInteger,
  yamlList,
  yamlText,
} from '../../base/yaml-form.ts';
import { isPersistedDevice, type PersistedDevice } from '../../pci/persisted/persisted-device.ts';
import { MACHINE_NAME } from '../definition/definition-form.ts';

/** The name of the file in a project. */
export const LOCK_FILE = 'portal.lock';
const LOCK_FORMAT = 'lock/v1';

/** The values of the machines of a project that must stay the same, although the definitions do not set them. */
export interface PortalLock {
  /** The seed of UUIDs and MAC addresses that are not recorded yet; `null` if the file has none. */
  readonly seed: string | null;
  readonly machines: Readonly<Record<string, LockedMachine>>;
}

/** The values that a machine keeps. */
export interface LockedMachine {
  /** Of its VM in libvirt. */
  readonly uuid: string;
  /** The MAC of each network card that has none in the definition, by the name of its cable: `net0`, `net0#2`. */
  readonly macs: Readonly<Record<string, string>>;
  /** The devices that each entry of `pci` found, by its text. */
  readonly devices: Readonly<Record<string, readonly PersistedDevice[]>>;
}

export const EMPTY_LOCK: PortalLock = { seed: null, machines: {} };

const MISSING: MissingWords = {
  'portal-gun': withHint('is not a lock file', `its first line is: portal-gun: ${LOCK_FORMAT}`),
};

const part = z.nullable(yamlText);
const laterPart = z.exactOptional(yamlText);
const traits = {
  ...{ path: yamlText, id: yamlText, subsystem: part, productSerial: part, mac: part },
  deviceSerial: z.nullable(z.strictObject({ offset: yamlInteger(0x100, 0xff4), value: yamlText })),
  ...{ drive: laterPart, model: laterPart, wwn: laterPart, guid: laterPart },
  only: z.exactOptional(yamlFlag),
};
const deviceForm = z.pipe(
  z.strictObject({
    ...{ address: yamlText, ...traits },
    vf: z.exactOptional(z.strictObject({ pf: z.strictObject(traits), index: yamlInteger(0, 0xffff) })),
  }),
  z.custom<PersistedDevice>(isPersistedDevice, { error: 'is not the record of a device' }),
);

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const SEED = /^[0-9a-f]{32}$/;
const MAC = /^[0-9a-f][02468ace](:[0-9a-f]{2}){5}$/;

const machineForm = z.strictObject({
  uuid: yamlText.check(z.regex(UUID, { error: 'must be a UUID in lowercase' })),
  macs: z._default(z.record(yamlText, yamlText.check(z.regex(MAC, { error: 'must be a MAC address' }))), {}),
  devices: z._default(z.record(yamlText, yamlList(deviceForm)), {}),
});

const lockForm = z.strictObject({
  'portal-gun': z.literal(LOCK_FORMAT),
  seed: z._default(z.nullable(yamlText.check(z.regex(SEED, { error: 'must be 32 hex digits' }))), null),
  machines: z._default(z.record(yamlText, machineForm), {}),
});

/**
 * Reads the lock file of a project.
 *
 * @throws PortalGunError BAD_DEFINITION, with line and column
 */
export function parseLock(text: string, fileName: string): PortalLock {
  const file = new YamlFile(text, fileName, 'BAD_DEFINITION');
  const { seed, machines } = parseYaml(file, lockForm, MISSING);
  const bad = Object.keys(machines).find((name) => !MACHINE_NAME.test(name));
  if (bad !== undefined) file.fail(['machines', bad], `"${bad}" cannot be the name of a machine`);
  return { seed, machines };
}

/** The text of a lock file; the same lock gives the same text. */
export function formatLock({ seed, machines }: PortalLock): string {
  const sorted = Object.fromEntries(
    Object.entries(machines)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, { uuid, macs, devices }]) => [
        name,
        {
          uuid,
          ...(Object.keys(macs).length === 0 ? {} : { macs }),
          ...(Object.keys(devices).length === 0 ? {} : { devices }),
        },
      ]),
  );
  const comment = '# What must stay the same of these machines. portal writes this file; commit it.\n';
  return (
    comment +
    stringify(
      { 'portal-gun': LOCK_FORMAT, ...(seed === null ? {} : { seed }), machines: sorted },
      { lineWidth: 0, aliasDuplicateObjects: false },
    )
  );
}
