// A picture from the person's disk, cut to a square and made small in the browser: the server keeps what it is given.

const limitBytes = 60_000;
const tries = [
  { side: 256, quality: 0.9 },
  { side: 256, quality: 0.75 },
  { side: 192, quality: 0.75 },
  { side: 128, quality: 0.7 },
] as const;

/** A data URL of at most 60 kB, or null when the file is no picture the browser can read. */
export async function shrinkPicture(file: Blob): Promise<string | null> {
  const picture = await createImageBitmap(file).then(
    (made) => made,
    () => null,
  );
  if (!picture) return null;
  const side = Math.min(picture.width, picture.height);
  const [left, top] = [(picture.width - side) / 2, (picture.height - side) / 2];
  for (const { side: size, quality } of tries) {
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = Math.min(size, side);
    canvas.getContext('2d')?.drawImage(picture, left, top, side, side, 0, 0, canvas.width, canvas.height);
    const url = canvas.toDataURL('image/webp', quality);
    if (url.length <= limitBytes) return url;
  }
  return null;
}
