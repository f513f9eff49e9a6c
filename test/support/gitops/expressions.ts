type Library = typeof import("@actions/expressions", { with: { "resolution-mode": "import" }});
type Data = ReturnType<InstanceType<Library["Evaluator"]>["evaluate"]>;

/** What an expression of a workflow may name: `github`, `matrix`, `secrets` and so on. */
export type Contexts = Readonly<Record<string, unknown>>;

export type JobStatus = "success" | "failure" | "cancelled";

/** Evaluates expressions by GitHub's own library, as its runner does. */
export class Expressions {
  private constructor(private readonly library: Library) {}

  static async load(): Promise<Expressions> {
    return new Expressions(await import("@actions/expressions"));
  }

  /** A text with each `${{ … }}` replaced by what it stands for. */
  text(text: string, contexts: Contexts): string {
    return text.replaceAll(/\$\{\{(.*?)\}\}/gs, (_, expression: string) =>
      this.evaluate(expression, contexts, "success").coerceString(),
    );
  }

  /** Whether a job or step runs; without a status function only where everything before it has succeeded. */
  condition(condition: string | undefined, contexts: Contexts, status: JobStatus): boolean {
    const expression = (condition ?? "success()").trim().replace(/^\$\{\{(.*)\}\}$/s, "$1");
    const asksForStatus = /\b(success|failure|always|cancelled)\s*\(/.test(expression);
    const whole = asksForStatus ? expression : `success() && (${expression})`;
    return this.evaluate(whole, contexts, status).coerceString() === "true";
  }

  private evaluate(expression: string, contexts: Contexts, status: JobStatus): Data {
    const { Lexer, Parser, Evaluator, data } = this.library;
    const statusFunctions = {
      success: "success",
      failure: "failure",
      cancelled: "cancelled",
      always: undefined,
    } as const;
    const functions = Object.entries(statusFunctions).map(([name, of]) => ({
      name,
      minArgs: 0,
      maxArgs: 0,
      call: () => new data.BooleanData(of === undefined || of === status),
    }));
    const parsed = new Parser(new Lexer(expression).lex().tokens, Object.keys(contexts), functions).parse();
    const dictionary = this.toData(contexts);
    if (!(dictionary instanceof data.Dictionary)) throw new TypeError("contexts are a dictionary");
    return new Evaluator(parsed, dictionary, new Map(functions.map((each) => [each.name, each]))).evaluate();
  }

  private toData(value: unknown): Data {
    const { data } = this.library;
    if (typeof value === "string") return new data.StringData(value);
    if (typeof value === "number") return new data.NumberData(value);
    if (typeof value === "boolean") return new data.BooleanData(value);
    if (value === null || value === undefined) return new data.Null();
    if (Array.isArray(value)) return new data.Array(...value.map((each) => this.toData(each)));
    const pairs = Object.entries(value).map(([key, inner]) => ({ key, value: this.toData(inner) }));
    return new data.Dictionary(...pairs);
  }
}
