import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { configKeys } from "../../../../provider/plugin/config";
import { functions } from "../../../../provider/plugin/functions";
import { packageSchema } from "../../../../provider/plugin/schema";

const schema = packageSchema();

describe("the package schema", () => {
  it("is in schema.json (if not, run `npm run generate`)", () => {
    const file = join(__dirname, "..", "..", "..", "..", "provider", "plugin", "schema.json");
    expect(JSON.parse(readFileSync(file, "utf8"))).to.deep.equal(JSON.parse(JSON.stringify(schema)));
  });

  it("has the provider's settings, with a secret key", () => {
    expect(Object.keys(schema.config.variables)).to.have.members([...configKeys]);
    expect(Object.keys(schema.provider.inputProperties)).to.have.members([...configKeys]);
    expect(schema.config.variables.apiKey).to.deep.include({
      secret: true,
      defaultInfo: { environment: ["ONVERA_API_KEY"] },
    });
  });

  it("has the provider's functions, with their arguments", () => {
    expect(Object.keys(schema.functions)).to.have.members(Object.keys(functions));
    for (const [token, { inputs }] of Object.entries(schema.functions)) {
      const { required, optional } = functions[token] ?? { required: [], optional: [] };
      expect(Object.keys(inputs.properties), token).to.have.members([...required, ...optional]);
      expect("required" in inputs ? inputs.required : [], token).to.deep.equal([...required]);
    }
  });

  it("has a description for everything", () => {
    const undescribed: string[] = [];
    const visit = (path: string, value: unknown) => {
      if (typeof value !== "object" || value === null) return;
      for (const [key, part] of Object.entries(value)) {
        const here = `${path}/${key}`;
        const isNamed = /\/(properties|inputProperties|variables|resources|functions|types)$/.test(path);
        if (isNamed && !("description" in Object(part))) undescribed.push(here);
        visit(here, part);
      }
    };
    visit("", schema);
    expect(undescribed).to.deep.equal([]);
  });
});
