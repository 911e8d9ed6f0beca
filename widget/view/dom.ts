// Elements without markup: whatever a text says, it becomes a text node. The only maker of elements in the chat.

export type Child = Node | string | null | undefined | false | readonly Child[];
type Props = { [name: string]: unknown };

export function h<Tag extends keyof HTMLElementTagNameMap>(tag: Tag, props: Props = {}, ...children: Child[]): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name in element && name !== 'list') (element as unknown as Props)[name] = value;
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  return add(element, children);
}

export function add<Parent extends Element>(parent: Parent, children: readonly Child[]): Parent {
  for (const child of children) {
    if (Array.isArray(child)) add(parent, child);
    else if (child) parent.append(child as Node | string);
  }
  return parent;
}

const shapes = {
  back: 'M15 5l-7 7 7 7',
  close: 'M6 6l12 12M18 6L6 18',
  down: 'M12 5v14M6 13l6 6 6-6',
  send: 'M12 19V5M6 11l6-6 6 6',
  clip: 'M20 11.5l-8 8a5.3 5.3 0 0 1-7.5-7.5l8.3-8.3a3.5 3.5 0 0 1 5 5L9.4 17a1.8 1.8 0 0 1-2.5-2.5L14.5 7',
  more: 'M5 12h.01M12 12h.01M19 12h.01',
  file: 'M7 3h7l5 5v13H5V3zM14 3v5h5',
  pin: 'M12 21s7-6.2 7-11.5a7 7 0 0 0-14 0C5 14.8 12 21 12 21zM12 7v5M9.5 9.5h5',
  star: 'M12 3.5l2.6 5.4 5.9.8-4.3 4.1 1 5.9-5.2-2.8-5.2 2.8 1-5.9L3.5 9.7l5.9-.8z',
  go: 'M9 5l7 7-7 7',
};

export function icon(name: keyof typeof shapes): SVGElement {
  const space = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(space, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  svg.setAttribute('class', `i i-${name}`);
  const path = document.createElementNS(space, 'path');
  path.setAttribute('d', shapes[name]);
  svg.append(path);
  return svg;
}

/** A button that shows only an icon is named by its label. */
export function iconButton(name: keyof typeof shapes, label: string, onclick: () => void, props: Props = {}): HTMLButtonElement {
  return h('button', { type: 'button', class: 'icon', 'aria-label': label, title: label, onclick, ...props }, icon(name));
}

/** What stands in a list by a key; made again only when its `sign` changed, so that half-typed answers stay. */
export type Item = { key: string; sign: string; make(): HTMLElement };
type Kept = Map<string, { sign: string; element: HTMLElement }>;

const lists = new WeakMap<Element, Kept>();

export function fill(parent: Element, items: readonly Item[]): void {
  const before: Kept = lists.get(parent) ?? new Map();
  const after: Kept = new Map();
  for (const { key, sign, make } of items) {
    const old = before.get(key);
    after.set(key, old?.sign === sign ? old : { sign, element: make() });
  }
  for (const [key, { element }] of before) if (after.get(key)?.element !== element) element.remove();
  let next = parent.firstChild;
  for (const { element } of after.values()) {
    if (element === next) next = next.nextSibling;
    else parent.insertBefore(element, next);
  }
  lists.set(parent, after);
}
