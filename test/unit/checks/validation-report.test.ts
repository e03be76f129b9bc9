import { describe, expect, it } from 'vitest';
import { isUnknown } from '../../../lib/base/known.ts';
import type { Asked } from '../../../lib/checks/validation/validate.ts';
import {
  countOutcomes,
  isPassed,
  reportOn,
  type ValidationReport,
} from '../../../lib/checks/validation/validation-report.ts';
import type { HostValidateRow } from '../../../lib/facts/host-validate-row.ts';
import type { HostTree } from '../../support/host-tree.ts';
import {
  AT,
  goodFunctions,
  goodHost,
  machineWith,
  putStatus,
  readValidated,
} from '../../support/validated-hosts.ts';

const NOTHING: Asked = { purposes: [], devices: [], machine: null };

function report(
  change: (tree: HostTree) => void = () => {},
  rows: readonly HostValidateRow[] | null = null,
  asked: Asked = NOTHING,
): ValidationReport {
  return reportOn(readValidated(goodHost(change)), asked, rows);
}

function outcomeOf({ results }: ValidationReport, id: string): string | undefined {
  return results.find(({ rule }) => rule.id === id)?.outcome;
}

const row = (text: string, word: HostValidateRow['word'], message: string | null = null) => ({
  text,
  word,
  message,
});

describe('a report', () => {
  it('of a good host passes, also where it is strict', () => {
    const good = report();
    expect(countOutcomes(good.results)).toMatchObject({ warn: 0, fail: 0, unknown: 0 });
    expect([isPassed(good, false), isPassed(good, true)]).toEqual([true, true]);
    expect(good).toMatchObject({ tier: 'passthrough', givesDevices: true, others: null });
  });

  it('with a warning passes unless it is strict', () => {
    const warned = report((tree) => tree.remove('/dev/vhost-net'));
    expect(outcomeOf(warned, 'vhost-net')).toBe('warn');
    const replaced = report((tree) => {
      tree.remove('/dev/vhost-net');
      putStatus(tree, '/dev/vhost-net', { kind: 'file' });
    });
    expect(outcomeOf(replaced, 'vhost-net')).toBe('warn');
    expect([isPassed(warned, false), isPassed(warned, true)]).toEqual([true, false]);
  });

  it('of which a part can not be told does not pass where it is strict', () => {
    const untold = report((tree) => tree.deny('/etc/libvirt/qemu.conf'));
    expect(outcomeOf(untold, 'security-driver')).toBe('unknown');
    expect([isPassed(untold, false), isPassed(untold, true)]).toEqual([true, false]);
  });

  it('makes a note of what nobody asked for, and fails where somebody did', () => {
    const off = (tree: HostTree) => {
      tree.remove('/sys/module/kvm_intel/parameters/nested');
      tree.attribute('/sys/module/kvm_intel/parameters/nested', 'N');
    };
    expect(outcomeOf(report(off), 'nested')).toBe('note');
    const asked = report(off, null, { ...NOTHING, purposes: ['nested'] });
    expect(outcomeOf(asked, 'nested')).toBe('fail');
    // And leaves out what that is not about.
    expect(outcomeOf(asked, 'vfio-modules')).toBeUndefined();
  });

  it('about a device has the rules of the device, and of the host for passing it through', () => {
    const host = readValidated(goodHost());
    const devices = host.devices?.filter(({ address }) => address === AT.graphics) ?? [];
    const { results } = reportOn(host, { ...NOTHING, devices }, null);
    const subjects = new Set(results.map(({ scope, subject }) => subject ?? scope));
    expect([...subjects]).toEqual(['host', AT.graphics]);
    expect(results.map(({ rule }) => rule.id)).not.toContain('tun');
  });

  it('has the machines that are known, or the one that is asked about', () => {
    const machines = [machineWith(), machineWith({ name: 'other', devices: [] })];
    const host = readValidated(goodHost(), { machines });
    const subjectsOf = (asked: Asked) =>
      new Set(reportOn(host, asked, null).results.map(({ subject }) => subject));
    expect([...subjectsOf(NOTHING)]).toEqual([null, 'router0', 'other']);
    expect([...subjectsOf({ ...NOTHING, machine: machineWith({ name: 'new' }) })]).toEqual([null, 'new']);
  });
});

describe('the tier', () => {
  const tierOf = (change: (tree: HostTree) => void) => report(change).tier;

  it.each([
    ['passthrough', () => {}],
    ['kvm', (tree: HostTree) => tree.remove('/sys/kernel/irq/0')],
    ['emulation', (tree: HostTree) => tree.remove('/dev/kvm')],
  ] as const)('is %s', (tier, change) => {
    expect(
      tierOf((tree) => {
        change(tree);
        if (tier === 'kvm') tree.remove('/sys/kernel/irq/1');
      }),
    ).toBe(tier);
  });

  it('is not known where nobody tells', () => {
    const { tier } = reportOn(readValidated({ label: 'bare', functions: goodFunctions() }), NOTHING, null);
    expect(isUnknown(tier)).toBe(true);
  });
});

describe('beside virt-host-validate', () => {
  it('equal rows are one, and others are told', () => {
    const rows = [
      row("device '/dev/kvm' exists", 'PASS'),
      row('device assignment IOMMU support', 'WARN', 'No ACPI IVRS table found'),
      row('Linux >= 2.6.26', 'PASS'),
    ];
    const { results, others } = report(() => {}, rows);
    expect(others).toEqual([rows[2]]);
    const told = results.flatMap(({ rule, other, isContradicted }) =>
      other === null ? [] : [[rule.id, other.word, isContradicted]],
    );
    expect(told).toEqual([
      ['kvm-device', 'PASS', false],
      ['iommu-firmware', 'WARN', true],
    ]);
  });

  it('what is graver there is no contradiction, and neither is what can not be told', () => {
    const rows = [row('secure guest support', 'WARN'), row("device '/dev/kvm' is accessible", 'FAIL')];
    const { results } = report((tree) => tree.remove('/etc/passwd'), rows);
    expect(results.filter(({ isContradicted }) => isContradicted)).toEqual([]);
  });
});
