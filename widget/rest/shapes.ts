// The lines of the icons that come with the rest.
import type { Shape } from '../view/dom.ts';

export const down: Shape = { name: 'down', path: 'M12 5v14M6 13l6 6 6-6' };
export const clip: Shape = { name: 'clip', path: 'M20 11.5l-8 8a5.3 5.3 0 0 1-7.5-7.5l8.3-8.3a3.5 3.5 0 0 1 5 5L9.4 17a1.8 1.8 0 0 1-2.5-2.5L14.5 7' };
export const file: Shape = { name: 'file', path: 'M7 3h7l5 5v13H5V3zM14 3v5h5' };
export const pin: Shape = { name: 'pin', path: 'M12 21s7-6.2 7-11.5a7 7 0 0 0-14 0C5 14.8 12 21 12 21zM12 7v5M9.5 9.5h5' };
export const star: Shape = { name: 'star', path: 'M12 3.5l2.6 5.4 5.9.8-4.3 4.1 1 5.9-5.2-2.8-5.2 2.8 1-5.9L3.5 9.7l5.9-.8z' };
