import { type Emulator, type Ids, startEmulator } from "../../emulator/src/index";

const beginning = Date.parse("2026-03-02T09:00:00.000Z");
const second = 1_000;
const minute = 60 * second;

/**
 * Starts an emulator with realistic data, the same in each run: some deployments are ready, two are being provisioned, one has
 * failed, and one is being destroyed.
 */
export async function startExample(): Promise<Emulator> {
  let now = beginning;
  const pass = (ms: number): void => {
    now += ms;
  };
  const emulator = await startEmulator({ speed: 60, now: () => now, ids: countedIds() });
  try {
    const { control } = emulator;
    const create = (appType: string, name: string) => send(emulator, "POST", "", { app_type: appType, name });

    await create("airflow", "etl-production");
    pass(0.4 * second);
    await create("superset", "dashboards-production");
    pass(12 * minute);
    await create("superset", "reports-2025");
    pass(29 * minute);

    control.outcomes.add({
      match: { name: "feature-store" },
      result: "fail",
      phase: "migrations",
      message: "Migration 0142 failed: relation dag_run is locked",
    });
    await create("superset", "customer-analytics");
    pass(0.2 * second);
    await create("airflow", "feature-store");
    pass(1.3 * second);
    await create("airflow", "etl-staging");
    pass(1.2 * second);
    await send(emulator, "DELETE", `/${control.deployments.get("reports-2025").id}`);
    pass(0.6 * second);
    await create("superset", "dashboards-staging");
    pass(2.05 * second);
    control.outcomes.clear();
    return emulator;
  } catch (error) {
    await emulator.close();
    throw error;
  }
}

async function send({ baseUrl, apiKey }: Emulator, method: string, path: string, body?: object): Promise<void> {
  const response = await fetch(`${baseUrl}/deployments${path}`, {
    method,
    headers: { "x-api-key": apiKey, ...(body === undefined ? {} : { "content-type": "application/json" }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (response.status !== 202) throw new Error(`${method} failed with ${response.status}: ${await response.text()}`);
}

/** Ids in the usual format that are the same in each run. */
function countedIds(): Ids {
  // Multiplied by a large prime, so that consecutive ids look different.
  let count = 0;
  const digits = (length: number): string => {
    count++;
    let text = "";
    for (let part = count; text.length < length; part++) {
      text += ((part * 2_654_435_761) % 0x1_0000_0000).toString(16).padStart(8, "0");
    }
    return text.slice(0, length);
  };
  const uuid = (): string => {
    const hex = digits(32);
    return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`, hex.slice(20)].join(
      "-",
    );
  };
  return { deployment: () => `dep_${uuid()}`, operation: () => `op_${uuid()}`, token: () => digits(6) };
}
