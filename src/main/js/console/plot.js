// Two small plots over the last minute, one value a second, drawn on canvas once a second.

/** How many seconds a plot shows. */
export const SECONDS = 60;

/** A scale's top: the next of 1, 2, 5 times a power of ten, so that the plot does not jump with every value. */
export function niceTop(value, least) {
  let step = least;
  for (const factors = [2, 2.5, 2]; step < value;) {
    const factor = factors.shift();
    step *= factor;
    factors.push(factor);
  }
  return step;
}

function prepare(canvas) {
  const ratio = globalThis.devicePixelRatio || 1;
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const context = canvas.getContext('2d');
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height };
}

/** The colour that a custom property stands for in the theme of this moment. */
function ink(canvas, property) {
  canvas.style.color = `var(${property})`;
  return getComputedStyle(canvas).color;
}

function grid(canvas, { context, width, height }) {
  context.strokeStyle = ink(canvas, '--line');
  context.lineWidth = 1;
  for (const part of [0, 0.5, 1]) {
    const y = Math.round(part * (height - 1)) + 0.5;
    context.beginPath();
    context.moveTo(0, y);
    context.lineTo(width, y);
    context.stroke();
  }
}

/** Draws one bar a second, the newest at the right. */
export function bars(canvas, values, top) {
  const area = prepare(canvas);
  const { context, width, height } = area;
  grid(canvas, area);
  const slot = width / SECONDS;
  context.fillStyle = ink(canvas, '--accent');
  values.forEach((value, i) => {
    if (value > 0) {
      const tall = Math.max(2, (value / top) * (height - 2));
      const x = (SECONDS - values.length + i) * slot;
      context.globalAlpha = 0.55 + 0.45 * (i / values.length);
      context.beginPath();
      context.roundRect(x + slot * 0.14, height - tall, slot * 0.72, tall, [2, 2, 0, 0]);
      context.fill();
    }
  });
  context.globalAlpha = 1;
}

/** Draws one line per series; seconds without a value are gaps, a lone value is a dot. */
export function lines(canvas, series, top) {
  const area = prepare(canvas);
  const { context, width, height } = area;
  grid(canvas, area);
  const slot = width / SECONDS;
  for (const { values, property } of series) {
    context.strokeStyle = context.fillStyle = ink(canvas, property);
    context.lineWidth = 1.8;
    context.lineJoin = context.lineCap = 'round';
    context.beginPath();
    let drawing = false;
    values.forEach((value, i) => {
      if (value === undefined) {
        drawing = false;
        return;
      }
      const x = (SECONDS - values.length + i + 0.5) * slot;
      const y = height - 2 - (Math.min(value, top) / top) * (height - 4);
      if (drawing) {
        context.lineTo(x, y);
      } else {
        context.moveTo(x, y);
        context.lineTo(x + 0.01, y);
      }
      drawing = true;
    });
    context.stroke();
  }
}
