/** How to revert the steps of a command that are done, so that a failure leaves nothing half done. */
export class UndoStack {
  readonly #steps: { readonly what: string; readonly revert: () => Promise<void> | void }[] = [];

  /** `what` names the change, for the report if it cannot be reverted. */
  add(what: string, revert: () => Promise<void> | void): void {
    this.#steps.push({ what, revert });
  }

  /** Reverts every step, the last one first, and returns what could not be reverted, with the reason. */
  async run(): Promise<string[]> {
    const remaining: string[] = [];
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        await step.revert();
      } catch (error) {
        remaining.push(`${step.what} (${error instanceof Error ? error.message : String(error)})`);
      }
    }
    return remaining;
  }
}
