/** Colours of a heat map from cold to hot, seen on black and on white boards alike; what is cold is clear. */
const stops = [
  [45, 0, 120],
  [130, 0, 170],
  [215, 30, 110],
  [255, 80, 20],
  [255, 140, 0],
] as const;

const table = new Uint8ClampedArray(256 * 4);
for (let value = 0; value < 256; value++) {
  const place = (value / 255) * (stops.length - 1);
  const low = stops[Math.floor(place)]!;
  const high = stops[Math.min(stops.length - 1, Math.floor(place) + 1)]!;
  for (let channel = 0; channel < 3; channel++)
    table[value * 4 + channel] = low[channel]! + (high[channel]! - low[channel]!) * (place % 1);
  table[value * 4 + 3] = Math.min(255, value * 3);
}

/** Paints a gray heat map (0 cold to 255 hot) in colours onto a canvas of its size. */
export function paintHeat(image: HTMLImageElement, canvas: HTMLCanvasElement) {
  canvas.width = image.naturalWidth;
  canvas.height = image.naturalHeight;
  const context = canvas.getContext('2d', { willReadFrequently: true })!;
  context.drawImage(image, 0, 0);
  const pixels = context.getImageData(0, 0, canvas.width, canvas.height);
  for (let i = 0; i < pixels.data.length; i += 4) {
    const entry = pixels.data[i]! * 4;
    pixels.data.set(table.subarray(entry, entry + 4), i);
  }
  context.putImageData(pixels, 0, 0);
}
