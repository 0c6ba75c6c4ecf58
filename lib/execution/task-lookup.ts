/** Has names resolved inside. */
export function lookInside(name: string | undefined): void {
  void name;
}
