import { expect, test } from 'vitest';
import { renderFailure } from '../../../lib/render/change/apply-text.ts';
import { plainStyle } from '../../../lib/render/layout/style.ts';

const failed = {
  words: 'load vfio-pci',
  outcome: 'untouched',
  problem: "can't be loaded: no modprobe",
  problemCode: 'PROGRAM_MISSING',
} as const;

test('what failed is told with its code and what helps', () => {
  const report = {
    outcome: 'undone',
    interrupted: false,
    awaitsConfirmation: false,
    steps: [failed],
  } as const;
  expect(renderFailure(report, plainStyle)).toBe(
    [
      "It failed at: load vfio-pci: can't be loaded: no modprobe [PROGRAM_MISSING]",
      'hint: install the package that contains it',
      'All steps are undone: the host is as before.',
      '',
    ].join('\n'),
  );
  expect(renderFailure({ ...report, interrupted: true }, plainStyle)).not.toContain('hint:');
});
