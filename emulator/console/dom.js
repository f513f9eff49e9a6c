/**
 * Helpers for elements. Text is inserted as text, never as markup.
 */

/**
 * Creates an element with attributes and children. Strings become text nodes.
 *
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, string>} [attributes]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function createElement(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/**
 * @param {string} label
 * @param {() => void} onClick
 */
export function createButton(label, onClick) {
  const button = createElement("button", { type: "button" }, label);
  button.addEventListener("click", onClick);
  return button;
}

/**
 * Returns the element with an ID. Throws if the page has no such element of that kind.
 *
 * @template {HTMLElement} E
 * @param {string} id
 * @param {new () => E} kind
 * @returns {E}
 */
export function byId(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no ${kind.name} "${id}"`);
  return found;
}

/**
 * Sets an element's text, unless it is already the same. This avoids flicker and keeps the selection.
 *
 * @param {Element} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Sets an attribute, or removes it if the value is `null`. Does nothing if that changes nothing.
 *
 * @param {Element} element
 * @param {string} name
 * @param {string | null} value
 */
export function setAttribute(element, name, value) {
  if (value === null) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/**
 * Adds ARIA roles to a table. Some browsers drop the table semantics when CSS changes `display`, as it does on narrow
 * screens.
 *
 * @param {HTMLTableElement} table Rows that are added later must already have the role.
 * @returns {HTMLTableSectionElement} Its body.
 */
function addTableRoles(table) {
  table.setAttribute("role", "table");
  for (const part of table.querySelectorAll("thead, tbody")) part.setAttribute("role", "rowgroup");
  for (const row of table.querySelectorAll("tr")) row.setAttribute("role", "row");
  for (const head of table.querySelectorAll("th")) head.setAttribute("role", "columnheader");
  const [body] = table.tBodies;
  if (body === undefined) throw new Error(`the table "${table.id}" has no body`);
  return body;
}

/**
 * A list with one element for each item. When the items change, the element of an item stays the same, and keeps the focus
 * and the selection.
 *
 * @template I
 */
export class KeyedList {
  /** @type {Map<string, { element: Element, update: (item: I) => void }>} */
  #shown = new Map();
  #parent;
  #keyOf;
  #create;

  /**
   * @param {Element} parent
   * @param {{ keyOf: (item: I) => string, create: (item: I) => { element: Element, update: (item: I) => void } }} options
   */
  constructor(parent, { keyOf, create }) {
    this.#parent = parent;
    this.#keyOf = keyOf;
    this.#create = create;
  }

  /**
   * Updates the list. Returns whether an existing element was moved or removed.
   *
   * @param {readonly I[]} items
   * @returns {boolean}
   */
  show(items) {
    const keys = new Set(items.map(this.#keyOf));
    const wasEmpty = this.#shown.size === 0;
    let hasMoved = false;
    for (const [key, { element }] of this.#shown) {
      if (keys.has(key)) continue;
      element.remove();
      this.#shown.delete(key);
      hasMoved = true;
    }
    let next = this.#parent.firstElementChild;
    for (const item of items) {
      const key = this.#keyOf(item);
      let row = this.#shown.get(key);
      if (row === undefined) {
        row = this.#create(item);
        this.#shown.set(key, row);
      }
      row.update(item);
      if (row.element === next) {
        next = next.nextElementSibling;
      } else {
        this.#parent.insertBefore(row.element, next);
        hasMoved = true;
      }
    }
    return hasMoved && !wasEmpty;
  }
}

/**
 * The rows of a table, and the placeholder for an empty one.
 *
 * @template I
 * @extends {KeyedList<I>}
 */
export class KeyedTable extends KeyedList {
  #table;
  #placeholder;
  #focusTarget;

  /**
   * @param {HTMLTableElement} table
   * @param {HTMLElement} placeholder
   * @param {HTMLElement} focusTarget Gets the focus when the row that has it is removed.
   * @param {{ keyOf: (item: I) => string, create: (item: I) => { element: Element, update: (item: I) => void } }} options
   */
  constructor(table, placeholder, focusTarget, options) {
    super(addTableRoles(table), options);
    this.#table = table;
    this.#placeholder = placeholder;
    this.#focusTarget = focusTarget;
  }

  /**
   * @override
   * @param {readonly I[]} items
   */
  show(items) {
    const hadFocus = this.#table.contains(document.activeElement);
    const hasMoved = super.show(items);
    this.#table.hidden = items.length === 0;
    this.#placeholder.hidden = items.length > 0;
    if (hadFocus && !this.#table.contains(document.activeElement)) this.#focusTarget.focus({ preventScroll: true });
    return hasMoved;
  }
}
