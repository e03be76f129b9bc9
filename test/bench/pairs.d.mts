interface Run {
  readonly wallMs: number;
  readonly cpuMs: number;
}

interface Pair {
  readonly oursMs: number;
  readonly theirsMs: number;
  readonly ratio: number;
  readonly cpuRatio: number;
}

export declare const ENVIRONMENT: Record<string, string | undefined>;
export declare function conditions(): string;
export declare function median(values: readonly number[]): number;
export declare function childrenMs(): number;
export declare function run(
  words: readonly string[],
  options?: { readonly input?: string; readonly exits?: readonly number[] },
): Run;
export declare function pair(ours: () => Run, theirs: () => Run, runs: number): Pair;
export declare function report(what: string, result: Pair, wanted?: number): void;
