/**
 * Small tools to make and keep elements. Text goes in as text, never as markup.
 */

/**
 * Makes an element with attributes and children; text children become text nodes.
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
 * The element with that id; throws when the page has none of that kind.
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
 * Sets an element's text. What is the same already is left alone, so that nothing flickers and no selection is lost.
 *
 * @param {Element} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Sets or (with `null`) removes an attribute, if that changes anything.
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
 * Says in so many words that a table is one. On narrow screens its rows are laid out as blocks, and some browsers take a
 * table that does not look like one for none.
 *
 * @param {HTMLTableElement} table Its rows to come have to say it themselves.
 * @returns {HTMLTableSectionElement} Its body.
 */
export function addTableRoles(table) {
  table.setAttribute("role", "table");
  for (const part of table.querySelectorAll("thead, tbody")) part.setAttribute("role", "rowgroup");
  for (const row of table.querySelectorAll("tr")) row.setAttribute("role", "row");
  for (const head of table.querySelectorAll("th")) head.setAttribute("role", "columnheader");
  const [body] = table.tBodies;
  if (body === undefined) throw new Error(`the table "${table.id}" has no body`);
  return body;
}

/**
 * A list of elements, one an item, that is brought in line with new items: elements stay with the item of their key, so
 * that focus and selection stay too.
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
   * @param {{ keyOf: (item: I) => string, create: (item: I) => { element: Element, update: (item: I) => void } }} how
   */
  constructor(parent, { keyOf, create }) {
    this.#parent = parent;
    this.#keyOf = keyOf;
    this.#create = create;
  }

  /**
   * Answers whether anything that was there has been moved or removed.
   *
   * @param {readonly I[]} items
   * @returns {boolean}
   */
  show(items) {
    const wanted = new Set(items.map(this.#keyOf));
    const wasEmpty = this.#shown.size === 0;
    let hasMoved = false;
    for (const [key, { element }] of this.#shown) {
      if (wanted.has(key)) continue;
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
