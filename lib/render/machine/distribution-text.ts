import { knownValue } from '../../base/known.ts';
import { count, escapeControls } from '../../base/text.ts';
import type { PlanPart } from '../../documents/changes/plan.ts';
import type { DeviceWith } from '../../pci/device.ts';
import { categoryOf } from '../../pci/device-class.ts';
import type { LeftCode, LeftDevice } from '../../plan/assignment/assignment-rules.ts';
import { deviceTitle, type TitledDevice } from '../layout/facts.ts';
import { tableBlock } from '../layout/table-block.ts';
import { hangText } from '../layout/wrap-text.ts';

type LeftTitle = TitledDevice & DeviceWith<'class'>;

/** Devices that stay without a line of their own, because a server has hundreds of them. */
const PLAIN: readonly LeftCode[] = ['bridge', 'rule', 'behind'];

/** A larger number of similar devices is reported as one line. */
const MANY = 4;

/** The devices that the rules leave with the host, each with the reason, as whole lines. */
export function renderLeft(left: readonly LeftDevice<LeftTitle>[], width: number | null): string {
  const told = left.filter(({ code }) => !PLAIN.includes(code));
  const plain = left.filter(({ code }) => PLAIN.includes(code));
  const alike = new Map<string, readonly LeftDevice<LeftTitle>[]>();
  const keyOf = ({ device, reason }: LeftDevice<LeftTitle>): string => `${deviceTitle(device)}\n${reason}`;
  for (const each of told) alike.set(keyOf(each), [...(alike.get(keyOf(each)) ?? []), each]);
  const rows = told.flatMap((each): readonly (readonly string[])[] => {
    const { device, reason } = each;
    const some = alike.get(keyOf(each)) ?? [];
    if (some.length > MANY && some[0] !== each) return [];
    const text = some.length > MANY ? `and ${some.length - 1} more: ${reason}` : reason;
    return [[device.address, deviceTitle(device), escapeControls(text)]];
  });
  return tableBlock(rows, width) + plainLine(plain, told.length > 0, width);
}

function plainLine(plain: readonly LeftDevice<LeftTitle>[], hasMore: boolean, width: number | null): string {
  if (plain.length === 0) return '';
  const kinds = new Map<string, number>();
  for (const { device } of plain) {
    const kind = categoryOf(knownValue(device.class)?.code ?? '');
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  const listed = [...kinds].map(([kind, amount]) => `${amount} ${kind}`).join(', ');
  const text = `${count(plain.length, hasMore ? 'more device' : 'device')} that ${plain.length === 1 ? 'is a part' : 'are parts'} of the host, or that the rules leave to it: ${listed}.`;
  const start = '  ';
  return `${hangText({ start, startWidth: start.length, text, indent: start.length, width })}\n`;
}

/** The same for the document of a plan. */
export function leftDocument(left: readonly LeftDevice<LeftTitle>[]): PlanPart<'left'>['left'] {
  return left.map(({ device, code, reason }) => ({ address: device.address, code, reason }));
}
