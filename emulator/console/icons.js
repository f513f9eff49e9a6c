/**
 * The icon of each status, so that no status depends on color alone.
 */

/** SVG paths in a 16 × 16 box. @type {Record<string, string>} */
const paths = {
  ready: "M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13M5 8.3l2.1 2.1L11 6",
  succeeded: "M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13M5 8.3l2.1 2.1L11 6",
  failed: "M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13M5.7 5.7l4.6 4.6M10.3 5.7l-4.6 4.6",
  canceled: "M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13M5 8h6",
  queued: "M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13M8 4.8V8l2.2 1.6",
  provisioning: "M8 1.5A6.5 6.5 0 1 1 1.5 8",
  running: "M8 1.5A6.5 6.5 0 1 1 1.5 8",
  destroying: "M2.5 4.5h11M6.2 4.3V2.5h3.6v1.8M4 4.8l.7 8.7h6.6l.7-8.7",
  destroyed: "M3 8h10",
};

/**
 * @param {string} name A status; an unknown one gets a ring.
 * @returns {SVGSVGElement}
 */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", paths[name] ?? "M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13");
  svg.append(path);
  return svg;
}
