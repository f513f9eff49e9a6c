// `npm run demo:fleet`: 20 stacks of two teams and two workers, from nothing to the end, on the emulator.
import type { RunningCommand } from "./engine/command";
import { runScript } from "./flags";
import { FleetRun } from "./fleet-run";

const help = `npm run demo:fleet

Starts PostgreSQL (an installed server, with its data in a temporary folder), the emulator and two workers, and applies, checks and
destroys 20 stacks with examples/fleet. Takes two to three minutes. Removes everything at the end.`;

const stacksOf = (count: number) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`s${index + 1}`, { etl: "airflow", dashboards: "superset" }]),
  );

async function demo(): Promise<void> {
  const run = await FleetRun.start({
    speed: 240,
    rateLimit: { requests: 600, perSeconds: 60 },
    settings: { rateLimit: { requests: 600, perSeconds: 60 } },
    teams: {
      data: { apiKey: "ONVERA_API_KEY", stacks: stacksOf(12) },
      sales: { apiKey: "ONVERA_API_KEY", stacks: stacksOf(8) },
    },
  });
  if ("missing" in run) throw new Error(run.missing);
  const show = async (...args: readonly string[]) => {
    console.log(`\n$ fleet ${args.join(" ")}`);
    await run.command(args, (text) => process.stdout.write(text));
  };
  try {
    console.log(`the emulator's console: ${run.emulator.url}`);
    await show("enqueue");
    const workers: RunningCommand[] = [run.startWorker(), run.startWorker()];
    await show("status", "--follow");
    const [first] = run.emulator.control.state().deployments;
    if (first !== undefined) await run.emulator.control.deployments.destroyNow(first.id);
    console.log(`\ndeleted outside Pulumi: ${first?.name}`);
    await show("drift", "--over", "0");
    await show("status", "--follow");
    await show("destroy", "--all");
    await show("status", "--follow");
    for (const worker of workers) worker.signal("SIGTERM");
    for (const worker of workers) await worker.ended;
    const { requests } = run.emulator.control.requests.list();
    const refused = requests.filter(({ status }) => status === 429).length;
    const left = run.emulator.control.state().deployments.length;
    console.log(`\n${requests.length} requests, ${refused} refused; ${left} deployments are left`);
  } finally {
    await run.stop();
  }
}

runScript({ help, options: {} }, demo);
