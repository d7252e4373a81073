// Made-up camera pictures and a slide for the fake core.

const width = 640;
const height = 360;

/** A still person in a room; colours follow from the id. */
export function picture(id: string): MediaStream {
  const seed = [...id].reduce((sum, letter) => sum * 7 + letter.charCodeAt(0), 3);
  return drawn((c) => {
    const hue = (seed * 47) % 360;
    const back = c.createLinearGradient(0, height, width, 0);
    back.addColorStop(0, `hsl(${hue} 30% 24%)`);
    back.addColorStop(1, `hsl(${(hue + 320) % 360} 26% 44%)`);
    c.fillStyle = back;
    c.fillRect(0, 0, width, height);
    c.fillStyle = 'rgb(255 255 255 / 0.14)';
    c.fillRect(width * 0.08, height * 0.18, width * 0.2, height * 0.3);
    c.fillRect(width * 0.7, height * 0.12, width * 0.22, height * 0.4);
    c.fillStyle = `hsl(${(hue + 150) % 360} 30% 32%)`;
    c.beginPath();
    c.ellipse(width / 2, height * 1.05, width * 0.27, height * 0.45, 0, 0, 7);
    c.fill();
    c.fillStyle = ['#e8b896', '#8d5a3c', '#f0cba6', '#6f442d', '#c98e66'][seed % 5] ?? '#e8b896';
    c.fillRect(width * 0.46, height * 0.5, width * 0.08, height * 0.16);
    c.beginPath();
    c.ellipse(width / 2, height * 0.4, width * 0.085, height * 0.2, 0, 0, 7);
    c.fill();
    c.fillStyle = ['#2c1b12', '#111', '#7d5530'][seed % 3] ?? '#111';
    c.beginPath();
    c.ellipse(width / 2, height * 0.29, width * 0.093, height * 0.12, 0, Math.PI, 0);
    c.fill();
  });
}

/** A shared screen: a slide with bars. */
export function slide(): MediaStream {
  return drawn((c) => {
    c.fillStyle = '#fff';
    c.fillRect(0, 0, width, height);
    c.fillStyle = '#1f2a5c';
    c.font = '700 26px sans-serif';
    c.fillText('Relay throughput, Q3', 40, 58);
    for (let i = 0; i < 8; i++) {
      c.fillStyle = `hsl(${225 + i * 6} 62% ${46 + i * 2}%)`;
      c.fillRect(50 + i * 66, 320 - 40 - i * 26, 44, 40 + i * 26);
    }
  });
}

function drawn(draw: (c: CanvasRenderingContext2D) => void): MediaStream {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d');
  if (!context) throw new Error('no 2d context');
  draw(context);
  // A canvas sends a frame when it is drawn on; a few a second keep late viewers supplied.
  setInterval(() => draw(context), 200);
  return canvas.captureStream(5);
}
