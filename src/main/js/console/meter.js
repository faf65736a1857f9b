// What the plots show: events and latencies, gathered by the second.

import { SECONDS, bars, lines, niceTop } from './plot.js';

/** Latencies kept of one second; more would not change a percentile anyone can see. */
const SAMPLES_MAX = 1_000;

/** The value below which that part of the sorted numbers lies; undefined without numbers. */
export function percentile(sorted, part) {
  return sorted.length === 0 ? undefined : sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
}

/** A number for people: whole from ten on, one decimal below. */
export function readable(value) {
  if (value === undefined) {
    return '–';
  }
  return value >= 10 ? Math.round(value).toLocaleString('en') : String(Math.round(value * 10) / 10);
}

/** Counts events and latencies and draws both plots once a second. */
export class Meter {
  #element;
  #count = 0;
  #samples = [];
  #counts = [];
  #p50 = [];
  #p99 = [];
  #recent = [];

  /** @param element finds an element by id */
  constructor(element) {
    this.#element = element;
  }

  /** Notes one event and how many milliseconds it took from the server's receipt to here. */
  note(latencyMs) {
    this.#count++;
    if (this.#samples.length < SAMPLES_MAX && Number.isFinite(latencyMs)) {
      this.#samples.push(Math.max(0, latencyMs));
    }
  }

  /** Notes the time from publishing to seeing one of this page's own events. */
  noteOwn(ms) {
    this.#element('latency-own').textContent = readable(ms);
  }

  /** Closes the running second and draws. */
  tick() {
    const sorted = this.#samples.sort((a, b) => a - b);
    const push = (list, value) => {
      list.push(value);
      list.splice(0, list.length - SECONDS);
    };
    push(this.#counts, this.#count);
    push(this.#p50, percentile(sorted, 0.5));
    push(this.#p99, percentile(sorted, 0.99));
    push(this.#recent, sorted);
    this.#count = 0;
    this.#samples = [];
    this.#tell();
    this.draw();
  }

  /** Draws what is known, for instance after a change of size or theme. */
  draw() {
    const rateTop = niceTop(Math.max(...this.#counts, 0), 5);
    bars(this.#element('rate-plot'), this.#counts, rateTop);
    this.#element('rate-peak').textContent = `scale ${rateTop.toLocaleString('en')}/s`;
    const latencyTop = niceTop(Math.max(...this.#p99.filter((value) => value !== undefined), 0), 5);
    lines(this.#element('latency-plot'), [
      { values: this.#p99, property: '--warn' },
      { values: this.#p50, property: '--accent' },
    ], latencyTop);
    this.#element('latency-peak').textContent = `scale ${latencyTop.toLocaleString('en')} ms`;
  }

  #tell() {
    const all = this.#recent.flat().sort((a, b) => a - b);
    const rate = this.#counts.at(-1);
    const p50 = readable(percentile(all, 0.5));
    const p99 = readable(percentile(all, 0.99));
    this.#element('rate-now').textContent = rate.toLocaleString('en');
    this.#element('latency-p50').textContent = p50;
    this.#element('latency-p99').textContent = p99;
    this.#element('rate-plot').setAttribute('aria-label',
      `Events per second over the last minute: now ${rate}, most ${Math.max(...this.#counts)}`);
    this.#element('latency-plot').setAttribute('aria-label',
      `Milliseconds from server to this page over the last minute: median ${p50}, 99th percentile ${p99}`);
  }
}
