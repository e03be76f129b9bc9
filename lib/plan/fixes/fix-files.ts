import { PortalGunError } from '../../base/errors.ts';
import type { Fix } from '../../checks/validation/fix.ts';
import { FIX_PATHS } from '../../sysfs/paths.ts';

/** The mark of a file of portal-gun. */
const MARK = '# Made by pci validate --fix';
const HEAD = `${MARK}, which adds lines to it and removes none.`;

// Only for ordinary boots: the recovery entry must work if the host does not boot with the argument.
const ARGUMENT_LINE = /^GRUB_CMDLINE_LINUX_DEFAULT="\$GRUB_CMDLINE_LINUX_DEFAULT ([\w.,:=-]+)"$/;

// Of several lines for one user the last counts.
const LIMIT_LINE = /^(\S+) - memlock (\d+)$/;

/** A line for a fix in a file of portal-gun. */
export interface FixLine {
  readonly path: string;
  readonly line: string;
  /** Its purpose: `intel_iommu=on for the kernel`. */
  readonly purpose: string;
}

/** The line of a fix; `null` for a fix without a line. */
export function fixLine(fix: Fix): FixLine | null {
  switch (fix.kind) {
    case 'kernel-argument':
      return {
        path: FIX_PATHS.bootLoader,
        line: `GRUB_CMDLINE_LINUX_DEFAULT="$GRUB_CMDLINE_LINUX_DEFAULT ${fix.argument}"`,
        purpose: `${fix.argument} for the kernel`,
      };
    case 'load-module':
      return { path: FIX_PATHS.loadedModules, line: fix.module, purpose: `${fix.module} at each boot` };
    case 'module-option':
      return {
        path: FIX_PATHS.moduleOptions,
        line: `options ${fix.module} ${fix.option}`,
        purpose: `${fix.option} for ${fix.module}`,
      };
    case 'lock-limit':
      return {
        path: FIX_PATHS.limits,
        line: `${fix.user} - memlock ${Math.ceil(fix.sizeBytes / 1024)}`,
        purpose: `how much memory ${fix.user} may lock`,
      };
    case 'persisted':
      return null;
  }
}

/** How to revert the effect of a file, for a user who finds it. */
const WAYS_BACK: Readonly<Record<string, string>> = {
  [FIX_PATHS.bootLoader]: `rm ${FIX_PATHS.bootLoader}, update-grub, and restart`,
};

/**
 * The text of a file of portal-gun with more lines: existing lines are kept.
 *
 * @param text the current text; `null` if there is no file
 * @throws PortalGunError NOT_OURS for a file of another program
 */
export function withLines(path: string, text: string | null, lines: readonly string[]): string {
  if (text !== null && !text.startsWith(MARK)) {
    throw new PortalGunError('NOT_OURS', 'is there, and was not made by pci validate --fix', {
      subject: path,
    });
  }
  const wayBack = WAYS_BACK[path] ?? `rm ${path}`;
  const before = text ?? `${HEAD}\n# To take it back: ${wayBack}.\n`;
  const there = before.split('\n');
  const missing: string[] = [];
  for (const line of lines) if (!isCovered(line, [...there, ...missing])) missing.push(line);
  const ended = before === '' || before.endsWith('\n') ? before : `${before}\n`;
  return missing.length === 0 ? before : ended + missing.map((line) => `${line}\n`).join('');
}

/** Whether a line is in a list, or, for a limit, one for the same user that is at least as high. */
export function isCovered(line: string, there: readonly string[]): boolean {
  const [, user, size] = LIMIT_LINE.exec(line) ?? [];
  return there.some((each) => {
    const [, whose, limit] = LIMIT_LINE.exec(each) ?? [];
    return each === line || (user !== undefined && whose === user && Number(limit) >= Number(size));
  });
}

/** The kernel arguments in portal-gun's file for the boot loader, in one text; `null` if there are none. */
export function argumentsIn(text: string | null): string | null {
  const words = (text ?? '').split('\n').flatMap((line) => ARGUMENT_LINE.exec(line)?.[1] ?? []);
  return words.length === 0 ? null : words.join(' ');
}
