/** Whether `virsh` is started with such arguments to define a machine. */
export function definesMachine(args: readonly string[]): boolean {
  return args.some((word) => word.includes('define /dev/stdin'));
}
