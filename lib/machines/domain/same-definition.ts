/** Whether libvirt has a definition as it was given. */
export function isSameDefinition(found: string, given: string): boolean {
  return found === given;
}
