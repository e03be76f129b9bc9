import type { Fix } from '../../checks/validation/fix.ts';
import { FIX_PATHS } from '../../sysfs/paths.ts';
import { STALE } from '../change-states.ts';
import { type BootLoaderChange, bootLoaderKind } from '../changes/host/boot-loader.ts';
import type { FileChange } from '../changes/host/file.ts';
import { type ModuleChange, moduleKind } from '../changes/host/module.ts';
import type { Step } from '../plan.ts';
import { argumentsIn, type FixLine, fixLine, isCovered, withLines } from './fix-files.ts';

/** The facts of a host that decide which steps the fixes need. */
export interface FixState {
  /** The text of a file of portal-gun, `null` if there is none. */
  readonly textOf: (path: string) => string | null;
  /** The arguments of portal-gun in the boot loader configuration: see `BootLoaderChange`. */
  readonly bootLoader: string | null;
  readonly isLoaded: (module: string) => boolean;
  /** The steps that update the files of persisted changes. */
  readonly persistence: readonly Step[];
}

/** A step with its fixes. */
export interface FixStep extends Step {
  readonly fixes: readonly Fix[];
}

/**
 * The steps of fixes: modules to load, lines in files of portal-gun, and last the slow ones, the boot loader
 * configuration and the initramfs. A fix that is already made has no step.
 *
 * @throws PortalGunError NOT_OURS if a file of another program has the name
 */
export function planFixes(fixes: readonly Fix[], state: FixState): readonly FixStep[] {
  const lines = fixes.flatMap((fix) => {
    const line = fixLine(fix);
    return line === null ? [] : [{ ...line, fix }];
  });
  const paths = [...new Set(lines.map(({ path }) => path))].filter((path) => path !== FIX_PATHS.bootLoader);
  const ofBoot = fixes.filter(({ kind }) => kind === 'persisted');
  return [
    ...fixes.flatMap((fix) => loadStep(fix, state)),
    ...paths.flatMap((path) => fileStep(path, lines, state)),
    ...bootLoaderSteps(lines, state),
    ...(ofBoot.length === 0 ? [] : state.persistence.map((step) => ({ ...step, fixes: ofBoot }))),
  ];
}

function loadStep(fix: Fix, { isLoaded }: FixState): readonly FixStep[] {
  if (fix.kind !== 'load-module' || isLoaded(fix.module)) return [];
  const { module } = fix;
  const change: ModuleChange = { kind: 'module', module, driver: null, from: false, to: true };
  return [{ words: moduleKind.words(change), change, fixes: [fix] }];
}

type LineOfFix = FixLine & { readonly fix: Fix };

function fileStep(
  path: string,
  all: readonly LineOfFix[],
  { textOf }: FixState,
): readonly (FixStep & { readonly change: FileChange })[] {
  const lines = all.filter((each) => each.path === path);
  const from = textOf(path);
  const missing = lines.filter(({ line }) => !isCovered(line, from?.split('\n') ?? []));
  const to = withLines(
    path,
    from,
    lines.map(({ line }) => line),
  );
  if (to === from) return [];
  const purposes = missing.map(({ purpose }) => purpose).join(', ');
  return [
    {
      words: `${from === null ? 'write' : 'add to'} ${path}: ${purposes}`,
      change: { kind: 'file', path, from, to },
      fixes: missing.map(({ fix }) => fix),
    },
  ];
}

/** The file changes between two changes of the configuration that is generated from it: see `BootLoaderChange`. */
function bootLoaderSteps(lines: readonly LineOfFix[], state: FixState): readonly FixStep[] {
  const ofLoader = lines.filter(({ path }) => path === FIX_PATHS.bootLoader);
  if (ofLoader.length === 0) return [];
  const steps = fileStep(FIX_PATHS.bootLoader, lines, state);
  const before = state.bootLoader;
  const words = argumentsIn(steps[0]?.change.to ?? state.textOf(FIX_PATHS.bootLoader));
  if (steps.length === 0 && before === words) return [];
  const fixes = steps[0]?.fixes ?? ofLoader.map(({ fix }) => fix);
  const step = (from: string | null, to: string | null): FixStep => {
    const change: BootLoaderChange = { kind: 'boot-loader', from, to };
    return { words: bootLoaderKind.words(change), change, fixes };
  };
  return [...(before === STALE ? [] : [step(before, STALE)]), ...steps, step(STALE, words)];
}
