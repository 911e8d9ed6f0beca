// What the server put into the page: known before the first request, so that the brand never flashes.

export type Brand = { name: string; logo: string | null; color: string; favicon: string | null; support_url: string | null };
export type Boot = { brand: Brand; setup_needed: boolean };

export const boot: Boot = JSON.parse(document.getElementById('boot')?.textContent ?? '');

/** Styles that are added later carry it, or the page's own policy refuses them. */
export const nonce = document.querySelector<HTMLScriptElement>('script[nonce]')?.nonce ?? '';
