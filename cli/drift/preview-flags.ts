const always = "the command always refreshes";
const everything = "the command has to read every resource";
const output = "the command reads the output of the preview";
const before = "put it before --";

/** The flags of `pulumi preview` that would invalidate the result, and why. */
const refused: Readonly<Record<string, string>> = {
  "--refresh": always,
  "-r": always,
  "--target": everything,
  "-t": everything,
  "--target-replace": everything,
  "--target-dependents": everything,
  "--exclude": everything,
  "-x": everything,
  "--exclude-dependents": everything,
  "--json": output,
  "-j": output,
  "--help": output,
  "-h": output,
  "--event-log": "it writes values of the state to a file",
  "--stack": before,
  "-s": before,
  "--cwd": before,
  "-C": before,
};

/** The short flags that take a value: the rest of the argument, or the next argument. */
const withValue = "cCmpstvx";

/** Why an argument of `pulumi preview` is refused; undefined if all of them are allowed. */
export function refusedFlag(args: readonly string[]): string | undefined {
  const end = args.indexOf("--");
  for (const arg of end === -1 ? args : args.slice(0, end)) {
    for (const flag of flagsOf(arg)) {
      const reason = refused[flag];
      if (reason !== undefined) return `${flag} cannot go after --: ${reason}`;
    }
  }
  return undefined;
}

/** `-dr=false` is `-d` and `-r`; the value of a flag is not a flag. */
function flagsOf(arg: string): string[] {
  if (arg.startsWith("--")) return [arg.replace(/=.*/s, "")];
  if (!arg.startsWith("-")) return [];
  const letters = [...arg.slice(1).replace(/=.*/s, "")];
  const last = letters.findIndex((letter) => withValue.includes(letter));
  return (last === -1 ? letters : letters.slice(0, last + 1)).map((letter) => `-${letter}`);
}
