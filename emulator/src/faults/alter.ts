/**
 * Sets and removes fields of a JSON text by dotted path. Ignores paths that do not exist, and returns text that is not
 * JSON unchanged.
 */
export function alterJson(
  text: string,
  { set = {}, remove = [] }: { set?: Record<string, unknown>; remove?: string[] },
) {
  let root: { value: unknown };
  try {
    root = { value: JSON.parse(text) };
  } catch {
    return text;
  }
  for (const [path, value] of Object.entries(set)) {
    edit(root, path, (parent, name) => {
      Object.defineProperty(parent, name, { value, writable: true, enumerable: true, configurable: true });
    });
  }
  for (const path of remove) {
    edit(root, path, (parent, name) => {
      Reflect.deleteProperty(parent, name);
    });
  }
  return JSON.stringify(root.value);
}

/** Calls `apply` with the parent of the field at `path` and the field's name. The empty path is the whole document. */
function edit(root: object, path: string, apply: (parent: object, name: string) => void): void {
  const parts = ["value", ...(path === "" ? [] : path.split("."))];
  const name = parts.pop() ?? "value";
  let parent: unknown = root;
  for (const part of parts) {
    if (typeof parent !== "object" || parent === null || !Object.hasOwn(parent, part)) return;
    parent = Reflect.get(parent, part);
  }
  if (typeof parent === "object" && parent !== null) apply(parent, name);
}
