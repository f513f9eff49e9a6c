import { deflateSync, inflateSync } from "node:zlib";

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

interface Picture {
  width: number;
  height: number;
  /** Red, green and blue of each pixel, row by row. */
  rgb: Buffer;
}

/**
 * The same picture with a palette of 256 colours: the most frequent ones, and for each other one the nearest of these. For
 * pictures of pages, whose many colours are the edges of letters, nobody sees it, and the file is a third of the size.
 * Throws for what is not a PNG as browsers take it (eight bits, without alpha, not interlaced).
 */
export function withPalette(png: Buffer): Buffer {
  const { width, height, rgb } = read(png);
  const counts = new Map<number, number>();
  for (let at = 0; at < rgb.length; at += 3) {
    const color = rgb.readUIntBE(at, 3);
    counts.set(color, (counts.get(color) ?? 0) + 1);
  }
  const byFrequency = [...counts].sort(([a, m], [b, n]) => n - m || a - b).map(([color]) => color);
  const palette = byFrequency.slice(0, 256);
  const indexes = new Map(byFrequency.map((color) => [color, nearest(color, palette)]));
  const rows = Buffer.alloc((width + 1) * height);
  for (let pixel = 0; pixel < width * height; pixel++) {
    const row = Math.floor(pixel / width);
    rows[row + 1 + pixel] = indexes.get(rgb.readUIntBE(pixel * 3, 3)) ?? 0;
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3, 0, 0, 0], 8);
  const colors = Buffer.alloc(palette.length * 3);
  palette.forEach((color, index) => {
    colors.writeUIntBE(color, index * 3, 3);
  });
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("PLTE", colors),
    chunk("IDAT", deflateSync(rows, { level: 9, memLevel: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function nearest(color: number, palette: readonly number[]): number {
  const distances = palette.map((other) =>
    [16, 8, 0].reduce((sum, shift) => sum + (((color >> shift) & 255) - ((other >> shift) & 255)) ** 2, 0),
  );
  return distances.indexOf(Math.min(...distances));
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const around = Buffer.alloc(8);
  around.writeUInt32BE(data.length, 0);
  around.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([around.subarray(0, 4), body, around.subarray(4)]);
}

/** As PNG has it; Node.js only has one of its own from 20.15 on. */
function crc32(data: Buffer): number {
  let crc = ~0;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xed_b8_83_20 : 0);
  }
  return ~crc >>> 0;
}

function read(png: Buffer): Picture {
  const isPng = png.subarray(0, 8).equals(signature);
  // Depth 8, colour type 2, no interlacing.
  if (!isPng || png[24] !== 8 || png[25] !== 2 || png[28] !== 0)
    throw new Error("not a PNG of eight bits without alpha");
  const width = png.readUInt32BE(16);
  const height = png.readUInt32BE(20);
  const packed: Buffer[] = [];
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) {
    if (png.toString("latin1", at + 4, at + 8) === "IDAT") {
      packed.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)));
    }
  }
  return { width, height, rgb: unfilter(inflateSync(Buffer.concat(packed)), { width, height }) };
}

/** Every row is written as its difference to what stands left of and above it, in one of five ways. */
function unfilter(rows: Buffer, { width, height }: { width: number; height: number }): Buffer {
  const stride = width * 3;
  const rgb = Buffer.alloc(stride * height);
  for (let row = 0; row < height; row++) {
    const filter = rows[row * (stride + 1)] ?? 0;
    for (let x = 0; x < stride; x++) {
      const at = row * stride + x;
      const left = x < 3 ? 0 : (rgb[at - 3] ?? 0);
      const above = row === 0 ? 0 : (rgb[at - stride] ?? 0);
      const corner = x < 3 || row === 0 ? 0 : (rgb[at - stride - 3] ?? 0);
      const guesses = [0, left, above, (left + above) >> 1, paeth(left, above, corner)];
      rgb[at] = ((rows[row * (stride + 1) + 1 + x] ?? 0) + (guesses[filter] ?? 0)) & 255;
    }
  }
  return rgb;
}

function paeth(left: number, above: number, corner: number): number {
  const guess = left + above - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - above), Math.abs(guess - corner)];
  if (a <= b && a <= c) return left;
  return b <= c ? above : corner;
}
