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

export type Shape = { name: string; path: string };

const shapes = {
  back: 'M15 5l-7 7 7 7',
  close: 'M6 6l12 12M18 6L6 18',
  send: 'M12 19V5M6 11l6-6 6 6',
  more: 'M5 12h.01M12 12h.01M19 12h.01',
  go: 'M9 5l7 7-7 7',
};

/** One of those that everybody sees, or one that is brought along. */
export function icon(shape: keyof typeof shapes | Shape): SVGElement {
  const { name, path: line } = typeof shape === 'string' ? { name: shape, path: shapes[shape] } : shape;
  const [svg, path] = ['svg', 'path'].map((tag) => document.createElementNS('http://www.w3.org/2000/svg', tag)) as [SVGElement, SVGElement];
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  svg.setAttribute('class', `i i-${name}`);
  path.setAttribute('d', line);
  svg.append(path);
  return svg;
}

/** A button that shows only an icon is named by its label. */
export function iconButton(name: keyof typeof shapes | Shape, label: string, onclick: () => void, props: Props = {}): HTMLButtonElement {
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
