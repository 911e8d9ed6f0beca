// A file on its way to the server: the one call that tells how far it has come, which fetch cannot.

import { type Answer, answerOf, noAnswer } from '../api.ts';
import type { Uploaded } from '../wire.ts';

export function upload(address: string, file: File, onProgress: (share: number) => void, signal: AbortSignal): Promise<Answer<Uploaded>> {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    const form = new FormData();
    form.append('file', file, file.name);
    request.responseType = 'json';
    request.upload.onprogress = ({ loaded, total }) => onProgress(loaded / total);
    request.onload = () => resolve(answerOf(request.status, request.response, request.getResponseHeader('retry-after')));
    request.onerror = request.onabort = () => resolve(noAnswer);
    signal.addEventListener('abort', () => request.abort());
    request.open('POST', address);
    request.send(form);
  });
}
