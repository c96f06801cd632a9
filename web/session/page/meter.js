// The level of a microphone, 0 to 1, on every animation frame. Nothing is recorded.

const quietest = -60; // dBFS
const loudest = -12;

export class Meter {
  #context = null;
  #source = null;
  #frame = 0;

  start(track, show) {
    this.stop();
    const Context = window.AudioContext ?? window.webkitAudioContext;
    if (!track || !Context) {
      return;
    }
    this.#context = new Context();
    void this.#context.resume().catch(() => {});
    this.#source = this.#context.createMediaStreamSource(new MediaStream([track]));
    const analyser = this.#context.createAnalyser();
    analyser.fftSize = 1024;
    this.#source.connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    let level = 0;
    const look = () => {
      analyser.getFloatTimeDomainData(samples);
      const power = samples.reduce((sum, one) => sum + one * one, 0) / samples.length;
      const decibels = 10 * Math.log10(power + 1e-12);
      const now = Math.min(Math.max((decibels - quietest) / (loudest - quietest), 0), 1);
      level = Math.max(now, level * 0.92); // falls slower than it rises, as eyes expect
      show(level);
      this.#frame = requestAnimationFrame(look);
    };
    look();
  }

  stop() {
    cancelAnimationFrame(this.#frame);
    this.#source?.disconnect();
    void this.#context?.close().catch(() => {});
    this.#context = this.#source = null;
  }
}
