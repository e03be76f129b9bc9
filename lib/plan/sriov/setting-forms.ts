import * as z from 'zod/mini';
import { VF_LINK_STATES } from '../../pci/sriov/vf-settings.ts';

const upTo = (most: number) => z.int().check(z.minimum(0), z.maximum(most));

/** The settings of a VF except its MAC; all are optional. */
const settings = {
  vlan: z.exactOptional(z.object({ id: upTo(4094), qos: upTo(7), protocol: z.enum(['802.1Q', '802.1ad']) })),
  trust: z.exactOptional(z.boolean()),
  spoofCheck: z.exactOptional(z.boolean()),
  linkState: z.exactOptional(z.enum(VF_LINK_STATES)),
  rate: z.exactOptional(z.object({ min: upTo(0xffffffff), max: upTo(0xffffffff) })),
};

// A unicast MAC other than zero.
const station = z.string().check(z.regex(/^(?!00:00:00:00:00:00)[0-9a-f][02468ace](:[0-9a-f]{2}){5}$/));

/** The settings of one VF at each boot. */
export const wishesForm = z.strictObject({
  mac: z.exactOptional(z.union([z.literal('driver'), station])),
  ...settings,
});

const settingsForm = z.strictObject({ mac: z.exactOptional(z.unknown()), ...settings });

/** Whether a value is settings of one VF, each in its form. */
export function areSettings(value: unknown, isMac: (mac: unknown) => boolean): boolean {
  const { data } = z.safeParse(settingsForm, value);
  return data !== undefined && (!('mac' in data) || isMac(data.mac));
}
