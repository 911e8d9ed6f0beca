// A form with one file, as a browser sends it.
export function formOf({ name, type, bytes }: { name: string; type: string; bytes: Buffer }): { body: Buffer; headers: Record<string, string> } {
  const boundary = '----WebKitFormBoundary7MA4YWxkTrZu0gW';
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${name.replaceAll('"', '%22')}"\r\nContent-Type: ${type}\r\n\r\n`;
  const body = Buffer.concat([Buffer.from(head), bytes, Buffer.from(`\r\n--${boundary}--\r\n`)]);
  return { body, headers: { 'content-type': `multipart/form-data; boundary=${boundary}` } };
}
