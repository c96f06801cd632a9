// Counts down to an instant of the server's clock. A tab in the background ticks rarely: it is looked at
// again when it comes forward, and the end is judged by the clock, never by counted ticks.

export class Countdown {
  #timer = 0;
  #look = () => {};

  constructor() {
    document.addEventListener('visibilitychange', () => this.#look());
  }

  // tick(ms left), then once done().
  start(until, clockOffset, tick, done) {
    this.stop();
    this.#look = () => {
      const left = until - (Date.now() + clockOffset);
      tick(Math.max(left, 0));
      if (left <= 0) {
        this.stop();
        done();
      }
    };
    this.#timer = setInterval(() => this.#look(), 250);
    this.#look();
  }

  stop() {
    clearInterval(this.#timer);
    this.#look = () => {};
  }
}
