// Rules that the engine checks in a preview and before each change, whoever wrote the program and in whatever language.
//
//   npm install                                        (in this folder)
//   pulumi preview --policy-pack <this folder>         (in a project; `up` takes it as well)
//   pulumi up --policy-pack <this folder> --policy-pack-config rules.json
//
// rules.json sets what a rule leaves open: { "few-deployments": { "maximum": 3 } }
const { PolicyPack } = require("@pulumi/policy");

// Of the npm package, and of the provider plugin.
const deploymentTypes = new Set(["pulumi-nodejs:dynamic/onvera:Deployment", "onvera:index:Deployment"]);
const isDeployment = ({ type }) => deploymentTypes.has(type);

/** From `urn:pulumi:<stack>::<project>::…`. */
const stackOf = ({ urn }) => urn.split("::")[0].split(":")[2];

new PolicyPack("onvera", {
  policies: [
    {
      name: "names-are-for-urls",
      description: "The name of a deployment becomes part of its URL: lower-case letters, digits and hyphens.",
      enforcementLevel: "mandatory",
      validateResource: (args, reportViolation) => {
        const { name } = args.props;
        if (isDeployment(args) && typeof name === "string" && !/^[a-z][a-z0-9-]*$/.test(name)) {
          reportViolation(`the name "${name}" has something else than lower-case letters, digits and hyphens in it`);
        }
      },
    },
    {
      name: "production-is-protected",
      description: "Nothing in production can be destroyed or replaced by mistake.",
      enforcementLevel: "mandatory",
      validateResource: (args, reportViolation) => {
        if (isDeployment(args) && stackOf(args) === "production" && args.opts.protect !== true) {
          reportViolation("a deployment of the stack production needs the resource option `protect: true`");
        }
      },
    },
    {
      name: "few-deployments",
      description: "Each deployment costs money for as long as it is there.",
      enforcementLevel: "advisory",
      configSchema: { properties: { maximum: { type: "integer", minimum: 1, default: 10 } } },
      validateStack: ({ resources, getConfig }, reportViolation) => {
        const { maximum } = getConfig();
        const count = resources.filter(isDeployment).length;
        if (count > maximum) reportViolation(`this stack has ${count} deployments; ${maximum} are planned for`);
      },
    },
  ],
});
