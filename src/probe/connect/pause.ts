/** A wait that ends by itself after some milliseconds or when told to. One at a time. */
export class Pause {
  #timer: NodeJS.Timeout | undefined;
  #resolve: (() => void) | undefined;

  wait(ms: number): Promise<void> {
    this.end();
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#timer = setTimeout(() => this.end(), Math.max(1, ms));
    });
  }

  end(): void {
    clearTimeout(this.#timer);
    const resolve = this.#resolve;
    this.#resolve = undefined;
    resolve?.();
  }
}
