import type { Struct as StructMessage } from "google-protobuf/google/protobuf/struct_pb";
import { unknownValue } from "../resource-handler";
import { engineUnknown } from "../runtime/engine-values";
import { Struct } from "../runtime/sdk-packages";

/** Properties as plain values, and the names of the secret ones. */
export interface Properties {
  /** Plain values; `unknownValue` if a preview does not know one yet. */
  readonly values: Readonly<Record<string, unknown>>;
  /** The top-level keys whose values are or contain secrets. */
  readonly secrets: ReadonlySet<string>;
}

/** Source: the SDK's `runtime/rpc.ts` and Go's `resource.SigKey`. The protocol itself does not define them. */
const signatureKey = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";
const outputSignature = "d0e6a833031e9bbcd3f4e8bde6ca49a4";

/** One for each type: string, boolean, number, array, asset, archive, object. */
const unknowns: ReadonlySet<unknown> = new Set([
  engineUnknown,
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);

/** Converts properties from the engine. Null counts as absent. */
export function fromEngine(struct: StructMessage | undefined): Properties {
  const values: Record<string, unknown> = {};
  const secrets = new Set<string>();
  for (const [key, value] of Object.entries(struct?.toJavaScript() ?? {})) {
    const plain = unwrap(value, () => secrets.add(key));
    if (plain !== null) values[key] = plain;
  }
  return { values, secrets };
}

/** Converts properties for the engine. Marks those in `secrets` as secret, and omits absent ones. */
export function toEngine(values: object, secrets: Iterable<string> = []): StructMessage {
  const marked = new Set(secrets);
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Struct.fromJavaScript(
    Object.fromEntries(
      entries.map(([key, value]) => {
        const wire = toWire(value);
        return [key, marked.has(key) ? { [signatureKey]: secretSignature, value: wire } : wire];
      }),
    ) as Parameters<typeof Struct.fromJavaScript>[0],
  );
}

function unwrap(value: unknown, onSecret: () => void): unknown {
  if (unknowns.has(value)) return unknownValue;
  if (Array.isArray(value)) return value.map((item) => unwrap(item, onSecret));
  if (typeof value !== "object" || value === null) return value;
  const fields = value as Readonly<Record<string, unknown>>;
  if (fields[signatureKey] === secretSignature) {
    onSecret();
    return unwrap(fields["value"], onSecret);
  }
  if (fields[signatureKey] === outputSignature) {
    if (fields["secret"] === true) onSecret();
    return Object.hasOwn(fields, "value") ? unwrap(fields["value"], onSecret) : unknownValue;
  }
  return Object.fromEntries(Object.entries(fields).map(([key, item]) => [key, unwrap(item, onSecret)]));
}

function toWire(value: unknown): unknown {
  if (value === unknownValue) return engineUnknown;
  if (Array.isArray(value)) return value.map(toWire);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries.map(([key, item]) => [key, toWire(item)]));
}
