import { inspect } from "node:util";
import { expect } from "chai";
import { ManifestError } from "../../../../sdk/manifest/errors";
import { maxManifestBytes } from "../../../../sdk/manifest/load";
import { type Manifest, readManifest } from "../../../../sdk/manifest/read";

const read = (text: string): Manifest => readManifest({ file: "deployments.yaml", text });

function errorOf(text: string): ManifestError {
  try {
    read(text);
  } catch (error) {
    if (error instanceof ManifestError) return error;
    throw error;
  }
  throw new Error("the manifest was accepted");
}

/** The first line of each reported error, without source and caret. */
const problemsOf = (...lines: string[]): string[] =>
  errorOf(lines.join("\n"))
    .message.split("\n")
    .filter((line) => line.startsWith("deployments.yaml"));

describe("readManifest with numeric keys", () => {
  it("keeps the order of the file", () => {
    const { deployments } = read('defaults: { appType: airflow }\ndeployments: { b: {}, "10": {}, a: {}, "2": {} }');
    expect(deployments.map(({ key }) => key)).to.deep.equal(["b", "10", "a", "2"]);
  });
});

describe("readManifest with an API key in the manifest", () => {
  for (const [what, text] of Object.entries({
    "at the top level": "apiKey: onv_sk_live_local\ndeployments: {}",
    "as a value": "deployments: { etl: { appType: onv_sk_live_local } }",
    "as a long value": `deployments: { etl: { appType: onv_sk_live_local${"l".repeat(90)} } }`,
    "as a key": "deployments: { etl: { appType: airflow, onv_sk_live_local: 1 } }",
    "in a syntax error": "deployments: [onv_sk_live_local",
  })) {
    it(`reports the mistake ${what} without the key`, () => {
      expect(inspect(errorOf(text), { depth: 9 })).not.to.include("live_local");
    });
  }
});

describe("readManifest with a file that is not a manifest", () => {
  const emptyText = "deployments.yaml:1:1: the file is empty; to have no deployments, write: deployments: {}";

  for (const [what, text] of Object.entries({
    "no text": "",
    blanks: "  \n\n",
    "comments only": "# nothing here\n",
    "a document marker only": "---\n",
    "a byte order mark only": "\ufeff",
    null: "null\n",
  })) {
    it(`rejects ${what}, which would remove everything`, () => {
      expect(problemsOf(text)).to.deep.equal([emptyText]);
    });
  }

  it("rejects a second document", () => {
    expect(problemsOf("deployments: {}", "---", "deployments: {}")).to.deep.equal([
      "deployments.yaml:2:1: a second document starts here; a manifest must be one document",
    ]);
  });

  it("rejects a list and a string at the top level", () => {
    expect(problemsOf("- etl")).to.deep.equal(["deployments.yaml:1:1: expected a mapping, got a list"]);
    expect(problemsOf("etl")).to.deep.equal(['deployments.yaml:1:1: expected a mapping, got "etl"']);
  });

  it("rejects a manifest without deployments", () => {
    expect(problemsOf("defaults: {}")).to.deep.equal([
      "deployments.yaml:1:1 deployments: is missing; to have no deployments, write: deployments: {}",
    ]);
    expect(problemsOf("deployments:")).to.deep.equal([
      "deployments.yaml:1:13 deployments: expected a mapping, got nothing; write {} to leave it empty",
    ]);
  });

  it("rejects text that is too large", () => {
    const text = `deployments: {}\n#${"x".repeat(maxManifestBytes)}`;
    expect(problemsOf(text)).to.deep.equal([
      `deployments.yaml: is too large: at most ${maxManifestBytes} bytes are allowed`,
    ]);
  });
});

describe("readManifest with invalid YAML", () => {
  it("reports a tab in the indentation", () => {
    expect(errorOf("deployments:\n\tetl: { appType: airflow }\n").message).to.equal(
      ["deployments.yaml:2:1: tabs cannot indent; use spaces", "     etl: { appType: airflow }", "    ^"].join("\n"),
    );
  });

  it("reports each line with a syntax error, and no other errors", () => {
    expect(problemsOf("deployments:", "  etl:", "    appType: airflow", "   name: x", "  b: `c`")).to.deep.equal([
      "deployments.yaml:4:1: all mapping items must start at the same column",
      "deployments.yaml:5:6: plain value cannot start with reserved character `",
    ]);
  });

  it("explains two mappings on one line", () => {
    expect(problemsOf("deployments: etl: {}")).to.deep.equal([
      'deployments.yaml:1:14: a second ": " on one line; quote the value if it belongs to it',
    ]);
  });

  it("rejects an unclosed bracket, a tag, an unknown directive and YAML 1.1", () => {
    expect(problemsOf("deployments: {")).to.have.length(1);
    expect(problemsOf("deployments: !!js/function {}")).to.deep.equal([
      "deployments.yaml:1:14: tags are not supported; remove it",
    ]);
    expect(problemsOf("%FOO", "---", "deployments: {}")).to.deep.equal([
      "deployments.yaml:1:1: unknown directive %FOO",
    ]);
    expect(problemsOf("%YAML 1.1", "---", "deployments: {}")).to.deep.equal([
      "deployments.yaml:1:1: YAML 1.1 is not supported; remove the %YAML line",
    ]);
  });

  it("rejects deep nesting, without a stack overflow", () => {
    for (const opening of ["[", "{a: ", "- "]) {
      const problems = problemsOf(`deployments: \n  ${opening.repeat(5_000)}`);
      expect(problems.some((problem) => problem.endsWith(": nested too deeply"))).to.equal(true);
    }
  });
});

describe("readManifest with invalid keys", () => {
  it("rejects duplicate keys, and reports the first one's line", () => {
    const lines = [
      "deployments:",
      "  etl: { appType: airflow, appType: superset }",
      "  b: { appType: airflow }",
      "  etl: { appType: airflow }",
    ];
    expect(problemsOf(...lines)).to.deep.equal([
      "deployments.yaml:2:28 deployments.etl.appType: duplicate key, first on line 2",
      "deployments.yaml:4:3 deployments.etl: duplicate key, first on line 2",
    ]);
  });

  it("suggests a similar key for each unknown one, or lists all known ones", () => {
    const lines = [
      "default: {}",
      "deployments:",
      "  etl: { app_type: airflow, retain: true, colour: red, appType: airflow }",
      "  b: { appType: airflow, timeouts: { crate: 5m } }",
    ];
    expect(problemsOf(...lines)).to.deep.equal([
      'deployments.yaml:1:1 default: unknown key; did you mean "defaults"?',
      'deployments.yaml:3:10 deployments.etl.app_type: unknown key; did you mean "appType"?',
      'deployments.yaml:3:29 deployments.etl.retain: unknown key; did you mean "retainOnDelete"?',
      "deployments.yaml:3:43 deployments.etl.colour: unknown key; the keys here are appType, timeouts, protect, " +
        "retainOnDelete, name, dependsOn",
      'deployments.yaml:4:38 deployments.b.timeouts.crate: unknown key; did you mean "create"?',
    ]);
  });

  it("rejects a name in defaults", () => {
    expect(problemsOf("defaults: { name: x }", "deployments: {}")).to.deep.equal([
      "deployments.yaml:1:13 defaults.name: unknown key; the keys here are appType, timeouts, protect, retainOnDelete",
    ]);
  });

  it("rejects keys that are not strings, and checks their values", () => {
    const lines = [
      "deployments:",
      "  1e3: { appType: x }",
      "  null: {}",
      "  true: { appType: airflow }",
      "  ? [a]",
      "  : {}",
    ];
    expect(problemsOf(...lines)).to.deep.equal([
      'deployments.yaml:2:3 deployments.1000: a key must be a string; quote it: "1e3"',
      'deployments.yaml:2:19 deployments.1000.appType: expected "airflow" or "superset", got "x"',
      'deployments.yaml:3:3 deployments: a key must be a string; quote it: "null"',
      'deployments.yaml:4:3 deployments.true: a key must be a string; quote it: "true"',
      "deployments.yaml:5:5 deployments: a list or mapping cannot be a key",
    ]);
  });

  it("rejects names that are invalid in Pulumi, and checks their values", () => {
    const lines = [
      "deployments:",
      '  "": { appType: airflow }',
      "  a::b: { appType: x }",
      '  "a\\nb": { appType: airflow }',
    ];
    const text = 'a name must not be empty, and must not contain "::" or control characters';
    expect(problemsOf(...lines)).to.deep.equal([
      `deployments.yaml:2:3 deployments[""]: ${text}`,
      `deployments.yaml:3:3 deployments["a::b"]: ${text}`,
      'deployments.yaml:3:20 deployments["a::b"].appType: expected "airflow" or "superset", got "x"',
      `deployments.yaml:4:3 deployments["a\\nb"]: ${text}`,
    ]);
  });

  it("rejects __proto__ everywhere, and protects prototypes", () => {
    const lines = [
      "__proto__: { a: 1 }",
      "deployments:",
      "  __proto__: { appType: airflow }",
      '  b: { "__proto__": { polluted: 1 }, appType: airflow }',
    ];
    expect(problemsOf(...lines)).to.deep.equal([
      'deployments.yaml:1:1 __proto__: the name "__proto__" is not allowed',
      'deployments.yaml:3:3 deployments.__proto__: the name "__proto__" is not allowed',
      'deployments.yaml:4:8 deployments.b.__proto__: the name "__proto__" is not allowed',
    ]);
    expect({}).to.not.have.property("polluted");
  });

  it("accepts names of JavaScript's built-in properties", () => {
    const names = ["constructor", "hasOwnProperty", "toString", "then", "default", "__esModule"];
    const text = `deployments:\n${names.map((name) => `  ${name}: { appType: airflow, dependsOn: [] }\n`).join("")}`;
    expect(read(text).deployments.map(({ key }) => key)).to.deep.equal(names);
    expect(problemsOf("deployments: { a: { appType: airflow, dependsOn: [toString] } }")).to.have.length(1);
  });

  it("rejects merge keys, which YAML 1.2 does not have", () => {
    const lines = ["deployments:", "  a: &a { appType: airflow }", "  b: { <<: *a, appType: airflow }"];
    expect(problemsOf(...lines)).to.deep.equal([
      'deployments.yaml:3:8 deployments.b["<<"]: merge keys are not supported; use defaults',
    ]);
  });
});

describe("readManifest with invalid values", () => {
  it("suggests quotes for a number or boolean instead of a string", () => {
    const lines = ["deployments:", "  a: { appType: airflow, name: 0123 }", "  b: { appType: airflow, name: true }"];
    expect(problemsOf(...lines)).to.deep.equal([
      'deployments.yaml:2:32 deployments.a.name: expected a string, got the number 0123; quote it: "0123"',
      'deployments.yaml:3:32 deployments.b.name: expected a string, got the boolean true; quote it: "true"',
    ]);
  });

  it("suggests true or false for YAML 1.1 booleans", () => {
    const lines = [
      "defaults: { protect: yes, retainOnDelete: Off }",
      "deployments: { a: { appType: airflow, protect: 'true' } }",
    ];
    expect(problemsOf(...lines)).to.deep.equal([
      'deployments.yaml:1:22 defaults.protect: expected true or false, got "yes"; write true, without quotes',
      'deployments.yaml:1:43 defaults.retainOnDelete: expected true or false, got "Off"; write false, without quotes',
      'deployments.yaml:2:48 deployments.a.protect: expected true or false, got "true"; write true, without quotes',
    ]);
  });

  it("suggests a similar application, and reports a missing one", () => {
    const lines = [
      "deployments:",
      "  a: { appType: Airlfow }",
      "  b: { appType: spark }",
      "  c: {}",
      "  d: { appType: [] }",
    ];
    expect(problemsOf(...lines)).to.deep.equal([
      'deployments.yaml:2:17 deployments.a.appType: expected "airflow" or "superset", got "Airlfow"; did you mean "airflow"?',
      'deployments.yaml:3:17 deployments.b.appType: expected "airflow" or "superset", got "spark"',
      'deployments.yaml:4:3 deployments.c.appType: is missing, here and in defaults; set it to "airflow" or "superset"',
      'deployments.yaml:5:17 deployments.d.appType: expected "airflow" or "superset", got a list',
    ]);
  });

  it("rejects invalid and zero durations", () => {
    const wrong = ["30", "0m", "-5m", "30 m", "5m1h", "1d", ""];
    for (const duration of wrong) {
      expect(problemsOf(`defaults: { timeouts: { create: "${duration}" } }`, "deployments: {}")).to.deep.equal([
        'deployments.yaml:1:33 defaults.timeouts.create: expected a duration longer than zero, such as "45s", "30m" ' +
          `or "1h30m", got "${duration}"`,
      ]);
    }
    expect(problemsOf("defaults: { timeouts: { delete: 30 } }", "deployments: {}")).to.deep.equal([
      'deployments.yaml:1:33 defaults.timeouts.delete: expected a duration such as "30m", got the number 30',
    ]);
  });

  it("rejects values of another type, and empty values", () => {
    const lines = [
      "defaults: []",
      "deployments:",
      "  a:",
      "  b: { appType: airflow, dependsOn: a, timeouts: 5m }",
      "  c: { appType: airflow, name: , protect: }",
      '  d: { appType: airflow, name: " " }',
    ];
    expect(problemsOf(...lines)).to.deep.equal([
      "deployments.yaml:1:11 defaults: expected a mapping, got a list",
      "deployments.yaml:3:5 deployments.a: expected a mapping, got nothing; write {} to leave it empty",
      'deployments.yaml:4:37 deployments.b.dependsOn: expected a list, got "a"; write [a]',
      'deployments.yaml:4:50 deployments.b.timeouts: expected a mapping, got "5m"',
      "deployments.yaml:5:32 deployments.c.name: expected a string, got nothing; give a value or remove the key",
      "deployments.yaml:5:43 deployments.c.protect: expected true or false, got nothing; give a value or remove the key",
      'deployments.yaml:6:32 deployments.d.name: a name must not be empty; omit it to get an automatic name, got " "',
    ]);
  });

  it("rejects unknown and circular dependencies, together with other errors", () => {
    const lines = [
      "deployments:",
      "  etl: { appType: airflow, dependsOn: [elt, 7, etl] }",
      "  a: { appType: x, dependsOn: [b] }",
      "  b: { appType: airflow, dependsOn: [etl, a] }",
    ];
    expect(problemsOf(...lines)).to.deep.equal([
      'deployments.yaml:2:40 deployments.etl.dependsOn[0]: there is no deployment "elt"; did you mean "etl"?',
      'deployments.yaml:2:45 deployments.etl.dependsOn[1]: expected a string, got the number 7; quote it: "7"',
      "deployments.yaml:2:48 deployments.etl.dependsOn[2]: a deployment cannot depend on itself",
      'deployments.yaml:3:17 deployments.a.appType: expected "airflow" or "superset", got "x"',
      "deployments.yaml:4:43 deployments.b.dependsOn[1]: circular dependency: a → b → a",
    ]);
  });
});

describe("readManifest with anchors and aliases", () => {
  it("accepts them, and reports an error in shared content once", () => {
    const lines = [
      "deployments:",
      "  a: { appType: airflow, timeouts: &t { create: 1h } }",
      "  b: { appType: airflow, timeouts: *t }",
    ];
    expect(read(lines.join("\n")).deployments[1]?.timeouts).to.deep.equal({ create: "1h" });
    expect(problemsOf(...lines.map((line) => line.replace("1h", "soon")))).to.have.length(1);
  });

  it("rejects an undefined alias, one that contains itself and one that is a key", () => {
    expect(problemsOf("deployments: { a: *b }")).to.deep.equal([
      'deployments.yaml:1:19 deployments.a: the alias "*b" has no anchor before it',
    ]);
    expect(problemsOf("deployments: &d { a: *d }")).to.deep.equal([
      'deployments.yaml:1:22 deployments.a: the alias "*d" contains itself',
    ]);
    expect(problemsOf("deployments: { &k a: { appType: airflow }, *k : { appType: airflow } }")).to.deep.equal([
      "deployments.yaml:1:44 deployments: an alias cannot be a key; write the key out",
    ]);
  });

  it("does not report an alias whose anchor is in a rejected part", () => {
    const lines = ["deployments:", "  a: { appType: airflow }", "  a: &a { appType: airflow }", "  b: *a"];
    expect(problemsOf(...lines)).to.deep.equal(["deployments.yaml:3:3 deployments.a: duplicate key, first on line 2"]);
  });

  it("rejects an alias bomb", () => {
    const bomb = ["a: &a [x, x, x, x, x, x, x, x, x, x]"];
    for (const name of "bcdefghijk") {
      const before = String.fromCharCode(name.charCodeAt(0) - 1);
      bomb.push(`${name}: &${name} [${Array(10).fill(`*${before}`).join(", ")}]`);
    }
    expect(problemsOf(...bomb)).to.deep.equal([
      "deployments.yaml:5:7 e: its aliases expand to more than 100000 values",
    ]);
  });

  it("rejects too many aliases", () => {
    const entries = Array.from({ length: 1_100 }, (_, index) => `  d${index}: { appType: *t }`);
    const problems = problemsOf("defaults: { appType: &t airflow }", "deployments:", ...entries);
    expect(problems).to.have.length(1);
    expect(problems[0]).to.match(/^deployments\.yaml:3:18: too many aliases \(at most 1000\): /);
  });
});

describe("readManifest, locations", () => {
  it("shows the line and a caret, also for Windows files with a byte order mark", () => {
    const text = "\ufeffdeployments:\r\n  etl:\r\n    appType: spark\r\n";
    expect(errorOf(text).message).to.equal(
      [
        'deployments.yaml:3:14 deployments.etl.appType: expected "airflow" or "superset", got "spark"',
        "        appType: spark",
        "                 ^",
      ].join("\n"),
    );
  });

  it("locates errors after multi-line strings and emoji", () => {
    expect(problemsOf("deployments:", "  a:", "    name: >-", "      x", "    appType: x")).to.deep.equal([
      'deployments.yaml:5:14 deployments.a.appType: expected "airflow" or "superset", got "x"',
    ]);
    expect(errorOf('deployments: { "🚀": { appType: x } }').message).to.equal(
      [
        'deployments.yaml:1:33 deployments["🚀"].appType: expected "airflow" or "superset", got "x"',
        '    deployments: { "🚀": { appType: x } }',
        `${" ".repeat(20)}\u3000${" ".repeat(14)}^`,
      ].join("\n"),
    );
  });

  it("reports errors in the order of the file, with their locations as values", () => {
    const { problems, file, name } = errorOf("deployments:\n  b: {}\n  a: { appType: x }\nx: 1");
    expect({ file, name, lines: problems.map(({ line }) => line) }).to.deep.equal({
      file: "deployments.yaml",
      name: "ManifestError",
      lines: [2, 3, 4],
    });
    expect(problems[1]).to.deep.equal({
      line: 3,
      column: 17,
      path: "deployments.a.appType",
      text: 'expected "airflow" or "superset", got "x"',
      source: "  a: { appType: x }",
    });
  });
});

describe("readManifest with a valid manifest", () => {
  it("accepts an empty manifest", () => {
    expect(read("deployments: {}\n")).to.deep.equal({ file: "deployments.yaml", deployments: [] });
  });

  it("applies defaults to omitted values, and to each timeout separately", () => {
    const text = `
defaults:
  appType: airflow
  timeouts: { create: 45m, delete: 20m }
  protect: true
deployments:
  etl: {}
  dashboards:
    appType: superset
    name: dashboards-production
    timeouts: { create: 1h30m }
    protect: false
    retainOnDelete: true
`;
    expect(read(text).deployments).to.deep.equal([
      { key: "etl", appType: "airflow", timeouts: { create: "45m", delete: "20m" }, protect: true, dependsOn: [] },
      {
        key: "dashboards",
        appType: "superset",
        name: "dashboards-production",
        timeouts: { create: "1h30m", delete: "20m" },
        protect: false,
        retainOnDelete: true,
        dependsOn: [],
      },
    ]);
  });

  it("orders deployments after their dependencies, and otherwise as written", () => {
    const text = `
defaults: { appType: airflow }
deployments:
  z: {}
  b: { dependsOn: [c, a, c] }
  a: { dependsOn: [c] }
  c: {}
`;
    const { deployments } = read(text);
    expect(deployments.map(({ key }) => key)).to.deep.equal(["z", "c", "a", "b"]);
    expect(deployments.at(-1)?.dependsOn).to.deep.equal(["c", "a"]);
  });

  it("accepts a chain of thousands without a stack overflow", () => {
    const chain = Array.from({ length: 5_000 }, (_, index) => `  d${index}: { dependsOn: [d${index + 1}] }\n`).join("");
    const { deployments } = read(`defaults: { appType: airflow }\ndeployments:\n${chain}  d5000: {}\n`);
    expect(deployments.map(({ key }) => key).slice(0, 2)).to.deep.equal(["d5000", "d4999"]);
  });
});
