import { startPostgres } from "../../../scripts/engine/postgres";
import type { StartBackend } from "./backend";

export { type PostgresBackend, postgresPassword, startPostgres } from "../../../scripts/engine/postgres";

/** For tests that need only the interface that all backends share. */
export const startPostgresBackend: StartBackend = startPostgres;
