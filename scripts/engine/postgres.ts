import { execFile, spawnSync } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { ask, findExecutables, pathFolders } from "../pulumi/executables";
import { freePort } from "./free-port";

const run = promisify(execFile);

/** The password of the temporary cluster, to check that no output holds it. */
export const postgresPassword = "of-the-temporary-cluster";

export interface PostgresBackend {
  /** The environment of a CLI that keeps its state there. */
  readonly env: Readonly<{ PULUMI_BACKEND_URL: string; PGPASSWORD: string }>;
  readonly port: number;
  /** Runs SQL as the owner of the state. */
  query(sql: string): Promise<string>;
  /** Everything that the CLI has stored, as one text. */
  contents(): Promise<string>;
  /** Breaks all connections. Resolves when the server accepts new ones. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** A temporary PostgreSQL cluster that accepts only local connections. */
export const startPostgres = async (): Promise<PostgresBackend | { readonly missing: string }> => {
  const bin = findServer();
  if (bin === undefined)
    return { missing: "PostgreSQL's server is not installed (Debian: apt-get install postgresql)" };
  const owner = await unprivilegedUser();
  if (owner === undefined) return { missing: "PostgreSQL does not run as root, and there is no other user" };

  const folder = mkdtempSync(join(tmpdir(), "postgres-"));
  const passwordFile = join(folder, "password");
  writeFileSync(passwordFile, postgresPassword);
  if (owner.uid !== undefined && owner.gid !== undefined) {
    chownSync(folder, owner.uid, owner.gid);
    chownSync(passwordFile, owner.uid, owner.gid);
  }
  const data = join(folder, "data");
  const port = await freePort();
  const asOwner = { ...owner, cwd: folder };
  const control = (...args: string[]) => run(join(bin, "pg_ctl"), ["-D", data, "-w", ...args], asOwner);
  // The server is not a child process, so it would outlive an interrupted test run.
  const stopAtExit = () => void spawnSync(join(bin, "pg_ctl"), ["-D", data, "-m", "immediate", "stop"], asOwner);
  process.on("exit", stopAtExit);
  const stop = async () => {
    process.off("exit", stopAtExit);
    await control("-m", "immediate", "stop").catch(() => {});
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const initial = ["-U", "pulumi", "-A", "scram-sha-256", `--pwfile=${passwordFile}`, "--no-sync", "-E", "UTF8"];
    await run(join(bin, "initdb"), ["-D", data, "--locale=C", ...initial], asOwner);
    const settings = `-p ${port} -k ${folder} -c listen_addresses=127.0.0.1 -c fsync=off`;
    // The server would keep the pipes of its parent open, so it writes to a log.
    await control("-l", join(folder, "log"), "-o", settings, "start");
  } catch (error) {
    await stop();
    throw error;
  }

  const url = `postgres://pulumi@127.0.0.1:${port}/postgres?sslmode=disable`;
  const query = async (sql: string) => {
    const env = { ...process.env, PGPASSWORD: postgresPassword };
    const { stdout } = await run(join(bin, "psql"), ["-qAt", "-v", "ON_ERROR_STOP=1", "-c", sql, url], { env });
    return stdout;
  };
  return {
    env: { PULUMI_BACKEND_URL: url, PGPASSWORD: postgresPassword },
    port,
    query,
    // The CLI stores {"data": "<base64>"}.
    contents: () => query("select key, convert_from(decode(data->>'data', 'base64'), 'UTF8') from pulumi_state"),
    restart: async () => {
      await control("-m", "fast", "-l", join(folder, "log"), "restart");
    },
    stop,
  };
};

/** Debian installs the server's programs into a folder for each version, not on PATH. */
function findServer(): string | undefined {
  const versions = "/usr/lib/postgresql";
  const debian = existsSync(versions) ? readdirSync(versions).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [...debian.map((version) => join(versions, version, "bin")), ...pathFolders(process.env)];
  const needed = ["initdb", "pg_ctl", "postgres", "psql"];
  return folders.find((folder) => needed.every((name) => findExecutables(name, [folder]).length > 0));
}

/** The current user; another one if it is root, because the server does not run as root. */
async function unprivilegedUser(): Promise<{ uid?: number; gid?: number } | undefined> {
  if (process.getuid?.() !== 0) return {};
  for (const name of ["postgres", "nobody"]) {
    const [uid, gid] = await Promise.all(["-u", "-g"].map((flag) => ask("id", [flag, name], { env: process.env })));
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  return undefined;
}
