// What callbacks bring, taken one by one with `await`, so that no test ever sleeps.

/** How long, in milliseconds, anything awaited may take: generous, since it only shows when a test fails. */
export const PATIENCE = 20_000;

export class Inbox {
  #name;
  #items = [];
  #waiting = [];

  constructor(name) {
    this.#name = name;
  }

  push(item) {
    const waiting = this.#waiting.shift();
    if (waiting) waiting(item);
    else this.#items.push(item);
  }

  /** The next item, in the order of arrival. */
  next() {
    if (this.#items.length > 0) return Promise.resolve(this.#items.shift());
    return new Promise((resolve, reject) => {
      const taker = (item) => {
        clearTimeout(timer);
        resolve(item);
      };
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(taker), 1);
        reject(new Error(`nothing came to "${this.#name}" in ${PATIENCE} ms`));
      }, PATIENCE);
      this.#waiting.push(taker);
    });
  }

  /** Takes items until one fits, and returns all of them. */
  async until(fits) {
    const taken = [];
    do taken.push(await this.next());
    while (!fits(taken.at(-1)));
    return taken;
  }
}
