// Draws a verdict's image with its heat map and boxes; the newest call wins when images arrive late.

const ramp = [[255, 225, 60], [255, 140, 0], [225, 20, 40]];

function heatColour(value) {
  const at = (value / 255) * (ramp.length - 1);
  const low = Math.min(Math.floor(at), ramp.length - 2);
  return ramp[low].map((c, i) => c + (ramp[low + 1][i] - c) * (at - low));
}

async function load(digest) {
  const response = await fetch(`api/images/${digest.slice('sha256:'.length)}`);
  if (!response.ok) throw new Error(String(response.status));
  return createImageBitmap(await response.blob());
}

/** Gray heat map to a picture whose transparency follows the heat. */
function colour(bitmap) {
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext('2d');
  context.drawImage(bitmap, 0, 0);
  const pixels = context.getImageData(0, 0, canvas.width, canvas.height);
  for (let i = 0; i < pixels.data.length; i += 4) {
    const heat = pixels.data[i];
    [pixels.data[i], pixels.data[i + 1], pixels.data[i + 2]] = heatColour(heat);
    pixels.data[i + 3] = Math.min(255, heat * 1.6);
  }
  context.putImageData(pixels, 0, 0);
  return canvas;
}

export class Stage {
  constructor(canvas) {
    this.canvas = canvas;
    this.boxes = true;
    this.opacity = 0.55;
    this.turn = 0;
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  /** Shows a verdict; answers whether its image is there. */
  async show(verdict) {
    const turn = ++this.turn;
    if (!verdict) {
      this.picture = undefined;
      this.draw();
      return false;
    }
    const [image, heat] = await Promise.allSettled([
      load(verdict.image),
      verdict.heatMap ? load(verdict.heatMap).then(colour) : Promise.reject(new Error('none')),
    ]);
    if (turn !== this.turn) return undefined;
    this.picture = image.status === 'fulfilled'
      ? { image: image.value, heat: heat.status === 'fulfilled' ? heat.value : undefined, findings: verdict.findings }
      : undefined;
    this.draw();
    return Boolean(this.picture);
  }

  get hasHeat() {
    return Boolean(this.picture?.heat);
  }

  draw() {
    const { canvas, picture } = this;
    const scale = devicePixelRatio || 1;
    canvas.width = Math.round(canvas.clientWidth * scale);
    canvas.height = Math.round(canvas.clientHeight * scale);
    const context = canvas.getContext('2d');
    context.clearRect(0, 0, canvas.width, canvas.height);
    if (!picture) return;
    const { image, heat, findings } = picture;
    const zoom = Math.min(canvas.width / image.width, canvas.height / image.height);
    const left = (canvas.width - image.width * zoom) / 2;
    const top = (canvas.height - image.height * zoom) / 2;
    context.imageSmoothingEnabled = zoom < 2;
    context.drawImage(image, left, top, image.width * zoom, image.height * zoom);
    if (heat && this.opacity > 0) {
      context.globalAlpha = this.opacity;
      context.imageSmoothingEnabled = true;
      context.drawImage(heat, left, top, image.width * zoom, image.height * zoom);
      context.globalAlpha = 1;
    }
    if (!this.boxes) return;
    context.font = `600 ${13 * scale}px system-ui, sans-serif`;
    const labels = [];
    for (const finding of findings) {
      const x = left + finding.x * zoom;
      const y = top + finding.y * zoom;
      const width = finding.width * zoom;
      const height = finding.height * zoom;
      for (const [colour, thickness] of [['#ffffff', 5], ['#d3122a', 2.5]]) {
        context.strokeStyle = colour;
        context.lineWidth = thickness * scale;
        context.strokeRect(x, y, width, height);
      }
      const label = `${finding.label} ${finding.score.toFixed(2)}`;
      const room = context.measureText(label).width + 10 * scale;
      const line = 19 * scale;
      const across = Math.min(Math.max(x, 0), canvas.width - room);
      const free = [y - line - 2 * scale, y + height + 2 * scale].find((down) =>
        down > top && down + line < canvas.height
        && !labels.some((other) => across < other.x + other.width && other.x < across + room
          && down < other.y + line && other.y < down + line));
      if (free !== undefined) labels.push({ text: label, x: across, y: free, width: room });
    }
    for (const { text, x, y, width } of labels) {
      context.fillStyle = '#d3122a';
      context.fillRect(x, y, width, 19 * scale);
      context.fillStyle = '#ffffff';
      context.fillText(text, x + 5 * scale, y + 14 * scale);
    }
  }
}
