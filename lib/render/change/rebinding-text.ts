import { knownValue } from '../../base/known.ts';
import { escapeControls } from '../../base/text.ts';
import type { Attachment } from '../../pci/attachment.ts';
import type { DeviceWith } from '../../pci/device.ts';
import type { Rebinding, ReboundDevice, StayReason } from '../../plan/binding/binding.ts';
import { DEFAULT_DRIVER } from '../../plan/change-states.ts';
import { deviceTitle, type TitledDevice } from '../layout/facts.ts';
import { tableBlock } from '../layout/table-block.ts';

type MovingDevice = TitledDevice & DeviceWith<'attachments'>;

const STAYS: Record<StayReason, string> = {
  port: 'a port or bridge: stays with its driver',
  behind: 'included with the controller that creates its bus',
  'no-driver': 'has no driver: unchanged',
  ready: 'already on a VFIO driver: unchanged',
};

/**
 * The devices that change drivers, with the reasons and the losses of the host, and the devices that stay.
 *
 * @param asking the reason for devices that are not included by their group
 */
export function renderRebinding(
  { moving, staying }: Rebinding<MovingDevice>,
  width: number | null,
  asking = 'you asked for it',
): string {
  return [
    tableBlock(
      moving.map((each) => movingRow(each, asking)),
      width,
    ),
    tableBlock(
      staying.map(({ device, reason }) => [device.address, deviceTitle(device), STAYS[reason]]),
      width,
    ),
  ].join('');
}

function movingRow(
  { device, asked, from, to }: ReboundDevice<MovingDevice>,
  asking: string,
): readonly string[] {
  const goal = to.driver === DEFAULT_DRIVER ? "the kernel's choice" : (to.driver ?? 'no driver');
  return [
    device.address,
    deviceTitle(device),
    escapeControls(`${from.driver ?? 'no driver'} → ${goal}`),
    asked ? asking : 'same IOMMU group',
    lossText(knownValue(device.attachments) ?? []),
  ];
}

/** The losses of the host with a device, by familiar names. */
function lossText(things: readonly Attachment[]): string {
  const shown = things
    .filter(({ kind }) => ['net', 'block', 'drm', 'sound', 'tpm', 'usb'].includes(kind))
    .map(({ name, state }) => `${name}${typeof state === 'string' ? ` (${state})` : ''}`);
  return shown.length === 0 ? '' : escapeControls(`host loses ${shown.join(', ')}`);
}
