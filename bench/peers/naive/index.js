// A simple dynamic provider for comparison, which polls each operation every three seconds.
const pulumi = require("@pulumi/pulumi");

const provider = {
  async create({ baseUrl, apiKey, appType }) {
    const call = async (method, path, body) => {
      const answer = await fetch(baseUrl + path, {
        method,
        headers: { "X-API-Key": apiKey, "Content-Type": "application/json" },
        body: body && JSON.stringify(body),
      });
      if (!answer.ok) throw new Error(`${method} ${path} failed with ${answer.status}: ${await answer.text()}`);
      return (await answer.json()).data;
    };
    const { deployment_id, operation_id } = await call("POST", "/deployments", { app_type: appType });
    for (;;) {
      const { status } = await call("GET", `/operations/${operation_id}`);
      if (status === "succeeded") break;
      if (status === "failed") throw new Error(`operation ${operation_id} failed`);
      await new Promise((resolve) => setTimeout(resolve, 3_000));
    }
    const { name, url } = await call("GET", `/deployments/${deployment_id}`);
    return { id: deployment_id, outs: { baseUrl, apiKey, appType, name, url, status: "ready" } };
  },
};

class Deployment extends pulumi.dynamic.Resource {
  constructor(name, args, opts) {
    const { ONVERA_BASE_URL: baseUrl, ONVERA_API_KEY: apiKey } = process.env;
    super(provider, name, { baseUrl, apiKey, name: undefined, url: undefined, status: undefined, ...args }, opts);
  }
}

module.exports = { Deployment };
