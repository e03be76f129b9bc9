import * as z from 'zod';
import type { DocumentOf } from '../document.ts';
import { address, diagnostics, host, known, text } from '../facts/basic-facts.ts';
import { uuid } from '../machines/machine-list.ts';
import { pciXmlDocument } from '../machines/pci-xml.ts';
import { checkResult } from '../validation.ts';
import { applyReport } from './apply-report.ts';
import { change } from './change.ts';
import { driverState, vfsState } from './change-states.ts';
import { binding, lateDevices } from './persisted-device.ts';
import { assignedDevice, persistedPf, pluggedDevice, recordedPlace } from './plan-parts.ts';

const checkedRule = checkResult.pick({
  rule: true,
  scope: true,
  subject: true,
  outcome: true,
  message: true,
});

export const planDocument = z
  .object({
    schema: z.literal('portal-gun/plan/v1'),
    host,
    title: text,
    devices: z
      .array(
        z.object({
          address,
          asked: z
            .boolean()
            .describe('Whether it was named; otherwise it goes because its IOMMU group does.'),
          from: driverState,
          to: driverState,
        }),
      )
      .describe('Those that change drivers, by address within their groups.')
      .optional(),
    staying: z
      .array(z.object({ address, reason: z.enum(['port', 'behind', 'no-driver', 'ready']) }))
      .describe('Members of the same groups that are left as they are.')
      .optional(),
    mended: z
      .array(
        z.object({
          ...checkedRule.shape,
          fix: checkResult.shape.fix,
          restart: z.boolean().describe('Whether it holds after a restart alone.'),
          steps: z
            .array(z.int().min(0))
            .describe('The indices of the steps that mend it; empty where that was done before.'),
        }),
      )
      .describe('Checks of pci validate that do not hold, and what mends each.')
      .optional(),
    byHand: z
      .array(
        z.object({
          ...checkedRule.shape,
          remedy: z.string().nullable().describe('null for what could not be told.'),
          obstacle: z
            .string()
            .nullable()
            .describe('Why what would mend it can not be done by us here; null where nothing would.'),
        }),
      )
      .describe('Checks of pci validate that do not hold, and that nothing of the plan mends.')
      .optional(),
    restart: z.boolean().describe('Whether what is mended holds after a restart alone.').optional(),
    persistence: z
      .object({
        bindings: z.array(binding).describe('What is bound at each boot from then on.'),
        ended: z.array(binding).describe('What is not any more.'),
        pfs: z.array(persistedPf).describe('PFs that get VFs at each boot from then on.'),
        endedPfs: z.array(persistedPf).describe('PFs that do not any more.'),
        moved: z
          .array(z.object({ from: recordedPlace, to: recordedPlace }))
          .describe('Entries that are written down for the place where their device is now.')
          .optional(),
        late: lateDevices.optional(),
        warnings: z
          .array(text)
          .describe('What of the host keeps a binding from being made early.')
          .optional(),
      })
      .nullable()
      .describe('What --persist changes of what outlives a boot; null without it.')
      .optional(),
    pfs: z
      .array(
        z.object({
          address,
          interface: z.string().nullable().describe('Its network interface; null where it has none.'),
          goesUp: z.boolean().describe('Whether that is switched on.'),
          lost: z
            .array(address)
            .describe('The VFs that go, and may come back: all, where their number changes.'),
          from: vfsState,
          to: vfsState,
        }),
      )
      .describe('PFs that are set up, each with its VFs as they are and as they shall be.')
      .optional(),
    connect: z.string().describe('The libvirt whose machines are changed, as virsh takes it.').optional(),
    assigned: z
      .array(
        z.object({
          address,
          asked: z
            .boolean()
            .describe('Whether it was named; otherwise it goes because its IOMMU group does.'),
          notes: z.array(pciXmlDocument.shape.devices.element.shape.notes.element),
        }),
      )
      .describe('The devices that machines are given.')
      .optional(),
    machines: z
      .array(
        z.object({
          name: text,
          uuid,
          state: z
            .enum(['running', 'paused', 'shut-off', 'other'])
            .describe(
              'One that runs has what changes from its next start on; for what changes at once, see live.',
            ),
          hasManagedSave: z
            .boolean()
            .describe(
              'Whether its next start restores a state that was saved (virsh managedsave), with the devices of then.',
            )
            .optional(),
          gained: z.array(assignedDevice),
          lost: z.array(assignedDevice),
          byOthers: z
            .array(address)
            .describe("Devices that its definition gives it by somebody else's hand: they are left."),
        }),
      )
      .describe('The machines whose definitions are meant, and what changes in each.')
      .optional(),
    diagnostics: diagnostics
      .describe('With machines: what was met among all that libvirt has. One that is broken is left out.')
      .optional(),
    live: z
      .object({
        machines: z.array(
          z.object({
            name: text,
            uuid,
            state: z.enum(['running', 'paused']),
            gained: z.array(pluggedDevice),
            lost: z.array(pluggedDevice),
            byOthers: z
              .array(address)
              .describe("Devices that it has by somebody else's hand: they are left."),
          }),
        ),
        skipped: z
          .array(z.object({ name: text, uuid, state: z.enum(['shut-off', 'other']) }))
          .describe('Machines that are meant and do not run.'),
      })
      .nullable()
      .describe('What machines that run get or lose at once; null where definitions alone are changed.')
      .optional(),
    left: z
      .array(
        z.object({
          address,
          code: z
            .enum([
              'bridge',
              'rule',
              'no-rule',
              'group',
              'behind',
              'vfs',
              'keyboard',
              'in-use',
              'impossible',
              'no-machine',
              'assigned',
            ])
            .describe('Why.'),
          reason: z.string().describe('The same in words that say what is so of the device.'),
        }),
      )
      .describe('With rules: the devices that stay with the host.')
      .optional(),
    findings: z
      .array(
        z.object({
          name: text.describe('Of the rule; what --allow takes.'),
          severity: z
            .enum(['forbids', 'refuses', 'warns', 'unknown'])
            .describe(
              'forbids: not to be lifted. refuses: lifted by --allow. warns: stops nothing. unknown: could not be found out.',
            ),
          subject: address,
          message: text,
          evidence: z.array(z.string()),
          remedy: text,
          allowed: z.boolean().describe('Whether --allow names it.'),
        }),
      )
      .describe('What speaks against it. The exit status is 4 where one stops it.'),
    guards: z
      .array(
        z.object({
          address,
          id: z.string().nullable().describe('vendor:device'),
          subsystem: z.string().nullable().describe('vendor:device of the subsystem'),
          iommuGroup: known(z.int()),
        }),
      )
      .describe('What must still be so of a device at the moment that it is changed.'),
    steps: z
      .array(z.object({ words: text, change }))
      .describe(
        'In the order in which they are made; undone in reverse. Empty where there is nothing to do.',
      ),
    report: applyReport.nullable().describe('What came of it; null where it was not applied.'),
  })
  .meta({
    id: 'plan',
    title:
      'pci bind --json, pci unbind --json, pci sriov set --json, pci sriov restore --json, pci assign --json, pci unassign --json, pci validate --fix --json, and a change by pci bindings --json and pci assignments --json',
  });

/** A plan, and what came of it. */
export type PlanDocument = DocumentOf<typeof planDocument>;

/** Whom a plan touches, by the keys that its kind of plan has. */
export type PlanDetails = Omit<
  PlanDocument,
  'schema' | 'host' | 'title' | 'findings' | 'guards' | 'steps' | 'report'
>;

/** Keys of {@link PlanDetails} that are there. */
export type PlanPart<Key extends keyof PlanDetails> = {
  readonly [K in Key]-?: Exclude<PlanDetails[K], undefined>;
};

/** What `--persist` changes of what outlives a boot. */
export type PersistenceFacts = NonNullable<PlanDocument['persistence']>;
