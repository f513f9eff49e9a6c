import { type ParseArgsConfig, parseArgs } from "node:util";

type Options = NonNullable<ParseArgsConfig["options"]>;
type Parsed<O extends Options> = ReturnType<typeof parseArgs<{ options: O; allowPositionals: true; args: string[] }>>;

/** A script was called with wrong flags or arguments. The message is complete: no stack trace is shown. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export interface ScriptUsage<O extends Options> {
  readonly help: string;
  /** Besides `--help`. */
  readonly options: O;
  /** The most arguments that are not flags; none by default. */
  readonly maxPositionals?: number;
}

/** Reads the flags of a script. Returns undefined if the help is wanted. Throws UsageError if they are wrong. */
export function readFlags<const O extends Options>(
  args: readonly string[],
  { options, maxPositionals = 0 }: ScriptUsage<O>,
): Parsed<O> | undefined {
  if (args.includes("--help") || args.includes("-h")) return undefined;
  let parsed: Parsed<O>;
  try {
    parsed = parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  const [extra] = parsed.positionals.slice(maxPositionals);
  if (extra !== undefined) throw new UsageError(`unexpected argument "${extra}"`);
  return parsed;
}

/**
 * Runs a script. With `--help` it only prints the help. An error or a wrong flag ends the script with code 1, without a stack
 * trace. A number that `main` returns is the exit code.
 */
export function runScript<const O extends Options>(usage: ScriptUsage<O>, main: (parsed: Parsed<O>) => unknown): void {
  const run = async () => {
    const parsed = readFlags(process.argv.slice(2), usage);
    if (parsed === undefined) process.stdout.write(`${usage.help.trimEnd()}\n`);
    else {
      const code = await main(parsed);
      if (typeof code === "number") process.exitCode = code;
    }
  };
  run().catch((error: unknown) => {
    const hint = error instanceof UsageError ? "; --help lists the flags" : "";
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}${hint}\n`);
    process.exitCode = 1;
  });
}

/** The value of a flag that takes a whole number. */
export function readInteger(flag: string, text: string, { min }: { readonly min: number }): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < min) {
    throw new UsageError(`--${flag} takes a whole number from ${min}, not "${text}"`);
  }
  return value;
}

export interface SelectOptions<T> {
  readonly flag: string;
  /** A regular expression; undefined selects everything. */
  readonly pattern: string | undefined;
  readonly nameOf: (item: T) => string;
}

/** The items whose name matches the value of a flag. Throws UsageError if there are none. */
export function select<T>(items: readonly T[], { flag, pattern, nameOf }: SelectOptions<T>): T[] {
  const expression = readPattern(flag, pattern ?? "");
  const selected = items.filter((item) => expression.test(nameOf(item)));
  if (selected.length === 0)
    throw new UsageError(`--${flag} "${pattern}" matches none of ${items.map(nameOf).join(", ")}`);
  return selected;
}

function readPattern(flag: string, text: string): RegExp {
  if (text === "") return /(?:)/;
  try {
    return new RegExp(text);
  } catch (error) {
    throw new UsageError(`--${flag}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
