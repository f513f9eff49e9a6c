import { expect } from "chai";
import { type EngineEvent, messages } from "../../support/engine";
import { deployment, useYamlHarness } from "../../support/plugin-yaml";

describe("the progress of the provider plugin", () => {
  const start = useYamlHarness();

  it("is shown on the line of the resource, with phase, message, elapsed time and timeout", async () => {
    const options = { customTimeouts: { create: "12m" } };
    const { harness } = await start({ resources: { etl: deployment("airflow", {}, options) } }, { speed: 60 });
    const { events } = await harness.project.up();
    const said = statusLines(events);
    const phase = /^infrastructure provisioning, \d+ (ms|s) of 12 min: Starting the scheduler/;
    expect(said.map(({ message }) => message).filter((message) => phase.test(message))).to.have.length(1);
    expect(said.at(-1)?.message).to.match(/^ready at https:\/\//);
    expect(said.every(({ severity }) => severity === "info")).to.equal(true);
    expect(messages(events), "the summary shows none of it").to.deep.equal([]);
  });

  it("warns of a rate limit, of retries and of an outage, in one line each", async () => {
    const { harness } = await start({ resources: { etl: deployment("superset") } }, { speed: 100 });
    const { control, project } = harness;
    const busy = { type: "answer", status: 429, retryAfter: 1 } as const;
    control.faults.add({ match: { method: "POST", path: "/deployments", times: 2 }, action: busy });
    const down = { type: "answer", status: 503 } as const;
    control.faults.add({ match: { method: "GET", path: "/operations/*", times: 5 }, action: down });
    const { events } = await project.up();
    const warnings = statusLines(events).filter(({ severity }) => severity === "warning");
    expect(warnings.filter(({ message }) => message.includes("limits the rate"))).to.have.length(1);
    expect(warnings.filter(({ message }) => message.includes("503"))).to.have.length(1);
    expect(warnings[0]?.message).to.match(
      /^Onvera limits the rate of requests; (POST \/deployments|GET \/operations) is sent in (1 s|\d+ ms)$/,
    );
    expect(messages(events)).to.deep.equal([]);
    await harness.expectAgreement();
  });
});

/** The status lines of the resource, in order. */
function statusLines(events: readonly EngineEvent[]) {
  return events.flatMap(({ diagnosticEvent: said }) =>
    said?.ephemeral === true && said.urn?.endsWith("::etl") ? [{ ...said, message: said.message.trimEnd() }] : [],
  );
}
