import * as z from 'zod';
import type { DocumentOf } from '../document.ts';
import { errorDocument } from '../error.ts';
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
            .describe('Whether it was requested; otherwise it is included because its IOMMU group is.'),
          from: driverState,
          to: driverState,
        }),
      )
      .describe('The devices that change drivers, by address within their groups.')
      .optional(),
    staying: z
      .array(z.object({ address, reason: z.enum(['port', 'behind', 'no-driver', 'ready']) }))
      .describe('Members of the same groups that do not change.')
      .optional(),
    mended: z
      .array(
        z.object({
          ...checkedRule.shape,
          fix: checkResult.shape.fix,
          restart: z.boolean().describe('Whether it takes effect only after a restart.'),
          steps: z
            .array(z.int().min(0))
            .describe('The indices of the steps that fix it; empty if it was fixed before.'),
        }),
      )
      .describe('Failed checks of pci validate, and the fix of each.')
      .optional(),
    byHand: z
      .array(
        z.object({
          ...checkedRule.shape,
          remedy: z.string().nullable().describe('null if the check could not decide.'),
          obstacle: z
            .string()
            .nullable()
            .describe('Why portal-gun cannot apply the fix on this host; null if there is no fix.'),
        }),
      )
      .describe('Failed checks of pci validate that the plan does not fix.')
      .optional(),
    restart: z.boolean().describe('Whether the fixes take effect only after a restart.').optional(),
    persistence: z
      .object({
        bindings: z.array(binding).describe('The devices that are bound at each boot after the change.'),
        ended: z.array(binding).describe('The devices that are no longer bound at boot.'),
        pfs: z.array(persistedPf).describe('PFs that get VFs at each boot after the change.'),
        endedPfs: z.array(persistedPf).describe('PFs that no longer get VFs at boot.'),
        moved: z
          .array(z.object({ from: recordedPlace, to: recordedPlace }))
          .describe('Records that move to the current place of their device.')
          .optional(),
        late: lateDevices.optional(),
        warnings: z.array(text).describe('Settings of the host that prevent an early binding.').optional(),
      })
      .nullable()
      .describe('The changes of --persist to the records for each boot; null without it.')
      .optional(),
    pfs: z
      .array(
        z.object({
          address,
          interface: z.string().nullable().describe('Its network interface; null if it has none.'),
          goesUp: z.boolean().describe('Whether the interface is set up.'),
          lost: z
            .array(address)
            .describe(
              'The VFs that are removed, and may be created again: all of them if their number changes.',
            ),
          from: vfsState,
          to: vfsState,
        }),
      )
      .describe('PFs that are configured, each with the current and the new state of its VFs.')
      .optional(),
    connect: z.string().describe('The URI of the libvirt whose VMs change, as for virsh.').optional(),
    assigned: z
      .array(
        z.object({
          address,
          asked: z
            .boolean()
            .describe('Whether it was requested; otherwise it is included because its IOMMU group is.'),
          notes: z.array(pciXmlDocument.shape.devices.element.shape.notes.element),
        }),
      )
      .describe('The devices that are assigned to VMs.')
      .optional(),
    machines: z
      .array(
        z.object({
          name: text,
          uuid,
          state: z
            .enum(['running', 'paused', 'shut-off', 'other'])
            .describe(
              'A running VM gets the changes at its next start; live contains the immediate changes.',
            ),
          hasManagedSave: z
            .boolean()
            .describe(
              'Whether its next start restores a saved state (virsh managedsave), with the devices of that time.',
            )
            .optional(),
          gained: z.array(assignedDevice),
          lost: z.array(assignedDevice),
          byOthers: z
            .array(address)
            .describe('Devices in its definition that other tools or users added; they do not change.'),
        }),
      )
      .describe('The selected VMs, and the changes in the definition of each.')
      .optional(),
    diagnostics: diagnostics
      .describe('With machines: problems with the VMs of libvirt. A broken VM is omitted.')
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
              .describe('Devices that other tools or users added; they do not change.'),
          }),
        ),
        skipped: z
          .array(z.object({ name: text, uuid, state: z.enum(['shut-off', 'other']) }))
          .describe('Selected VMs that do not run.'),
      })
      .nullable()
      .describe('The devices that running VMs get or lose immediately; null if only definitions change.')
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
          reason: z.string().describe('The reason in words, as a statement about the device.'),
        }),
      )
      .describe('With rules: the devices that stay with the host.')
      .optional(),
    findings: z
      .array(
        z.object({
          name: text.describe('The name of the rule, for --allow.'),
          severity: z
            .enum(['forbids', 'refuses', 'warns', 'unknown'])
            .describe(
              'forbids: cannot be lifted. refuses: lifted by --allow. warns: stops nothing. unknown: could not be checked.',
            ),
          subject: address,
          message: text,
          evidence: z.array(z.string()),
          remedy: text,
          allowed: z.boolean().describe('Whether --allow names it.'),
        }),
      )
      .describe('The safety findings. The exit code is 4 if one stops the change.'),
    guards: z
      .array(
        z.object({
          address,
          id: z.string().nullable().describe('vendor:device'),
          subsystem: z.string().nullable().describe('vendor:device of the subsystem'),
          iommuGroup: known(z.int()),
        }),
      )
      .describe('Facts of a device that must be unchanged when the change is made.'),
    steps: z
      .array(z.object({ words: text, change }))
      .describe('The steps in order; they are undone in reverse order. Empty if no change is needed.'),
    report: applyReport.nullable().describe('The result; null if the plan was not applied.'),
    failedChecks: z
      .array(
        z.object({
          machine: text,
          words: text,
          origin: z.string().describe('The module in the definition.'),
        }),
      )
      .describe(
        'With guests: the checks of modules that failed after it. If there are any, the exit code is 1.',
      )
      .optional(),
    get provision() {
      return z
        .union([planDocument, errorDocument])
        .describe(
          'With portal up: the document of the provisioning of the guests, which follows, or of its error.',
        )
        .optional();
    },
  })
  .meta({
    id: 'plan',
    title:
      'pci bind --json, pci unbind --json, pci sriov set --json, pci sriov restore --json, pci assign --json, pci unassign --json, pci validate --fix --json, a change by pci bindings --json and pci assignments --json, and portal up, plan, provision, halt, reload and destroy --json',
  });

/** A plan and its result. */
export type PlanDocument = DocumentOf<typeof planDocument>;

/** The devices and VMs that a plan affects, in the keys of its kind. */
export type PlanDetails = Omit<
  PlanDocument,
  'schema' | 'host' | 'title' | 'findings' | 'guards' | 'steps' | 'report' | 'failedChecks' | 'provision'
>;

/** The given keys of {@link PlanDetails}. */
export type PlanPart<Key extends keyof PlanDetails> = {
  readonly [K in Key]-?: Exclude<PlanDetails[K], undefined>;
};

/** The changes of `--persist` to the records for each boot. */
export type PersistenceFacts = NonNullable<PlanDocument['persistence']>;
