import { spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { freePort } from "../../../scripts/engine/free-port";
import { createReporter } from "../../../scripts/pulumi/progress";
import { missingPython, pythonWithMoto } from "../python";
import type { StartBackend, StateBackend } from "./backend";

const bucket = "pulumi-state";

export interface S3Backend extends StateBackend {
  /** The methods of the requests so far, oldest first. */
  readonly methods: readonly string[];
}

/** Moto, a server that implements the S3 API in memory. */
export const startS3 = async (): Promise<S3Backend | { readonly missing: string }> => {
  const missing = await missingPython();
  if (missing !== undefined) return { missing };
  const { bin } = await pythonWithMoto(createReporter({ stream: process.stderr }));
  const port = await freePort();
  const server = spawn(join(bin, "moto_server"), ["-H", "127.0.0.1", "-p", String(port)], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const methods: string[] = [];
  server.stderr.setEncoding("utf8").on("data", (text: string) => {
    // The log contains color codes.
    for (const [, method = ""] of text.matchAll(/"(?:\p{Cc}\[\d+m)*([A-Z]+) \//gu)) methods.push(method);
  });
  const origin = `http://127.0.0.1:${port}`;
  const kill = () => void server.kill("SIGKILL");
  process.on("exit", kill);
  const stop = async () => {
    process.off("exit", kill);
    if (server.exitCode !== null) return;
    kill();
    await new Promise((resolve) => server.once("close", resolve));
  };
  try {
    await makeBucket(origin);
  } catch (error) {
    await stop();
    throw error;
  }
  const url = `s3://${bucket}?endpoint=127.0.0.1:${port}&disableSSL=true&s3ForcePathStyle=true&region=us-east-1`;
  return {
    env: { PULUMI_BACKEND_URL: url, AWS_ACCESS_KEY_ID: "moto", AWS_SECRET_ACCESS_KEY: "moto" },
    contents: async () => {
      const list = await read(`${origin}/${bucket}?list-type=2`);
      const keys = [...list.matchAll(/<Key>(.*?)<\/Key>/g)].map(([, key = ""]) => key);
      const texts = await Promise.all(keys.map((key) => read(`${origin}/${bucket}/${key}`)));
      return [...keys, ...texts].join("\n");
    },
    methods,
    stop,
  };
};

/** For tests that need only the interface that all backends share. */
export const startS3Backend: StartBackend = startS3;

async function read(url: string): Promise<string> {
  // Moto requires an access key, and accepts every signature.
  const credential = "Credential=moto/20260101/us-east-1/s3/aws4_request";
  const authorization = `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=host, Signature=0`;
  const response = await fetch(url, { headers: { authorization } });
  if (!response.ok) throw new Error(`GET ${url} failed with ${response.status}`);
  return response.text();
}

/** Creates the bucket when the server has started. */
async function makeBucket(origin: string): Promise<void> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const status = await fetch(`${origin}/${bucket}`, { method: "PUT" }).then(
      (response) => response.status,
      () => undefined,
    );
    if (status === 200) return;
    if (performance.now() > deadline)
      throw new Error(`moto_server at ${origin} does not create the bucket: ${status ?? "no response"}`);
    await delay(100);
  }
}
