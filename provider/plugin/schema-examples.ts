import { goModule, home } from "./home";

export const csharpNamespace = `${home.publisher}.Onvera`;
export const javaBasePackage = `io.github.${home.owner}`;
const javaPackage = `${javaBasePackage}.onvera`;

type Language = "typescript" | "python" | "go" | "csharp" | "java" | "yaml";
type Example = Readonly<{ title: string } & Partial<Record<Language, string>>>;

/** A description with examples, in the form that Pulumi's documentation generators read: one block of code for each language. */
export function withExamples(description: string, examples: readonly Example[]): string {
  const blocks = examples.map(
    ({ title, ...programs }) =>
      `{{% example %}}\n### ${title}\n\n${Object.entries(programs)
        .map(([language, code]) => `\`\`\`${language}\n${code.trim()}\n\`\`\``)
        .join("\n")}\n{{% /example %}}`,
  );
  return `${description}\n\n{{% examples %}}\n## Example Usage\n${blocks.join("\n")}\n{{% /examples %}}`;
}

export const deploymentExamples: readonly Example[] = [
  {
    title: "Airflow, and Superset after it",
    typescript: `
import * as onvera from "pulumi-onvera";

const etl = new onvera.Deployment("etl", { appType: "airflow" }, { protect: true });
const dashboards = new onvera.Deployment("dashboards", { appType: "superset" }, { dependsOn: etl });

export const airflow = etl.url;
export const superset = dashboards.url;
`,
    python: `
import pulumi
import pulumi_onvera as onvera

etl = onvera.Deployment("etl", app_type="airflow", opts=pulumi.ResourceOptions(protect=True))
dashboards = onvera.Deployment("dashboards", app_type="superset", opts=pulumi.ResourceOptions(depends_on=[etl]))

pulumi.export("airflow", etl.url)
pulumi.export("superset", dashboards.url)
`,
    go: `
package main

import (
	"${goModule}/onvera"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		etl, err := onvera.NewDeployment(ctx, "etl", &onvera.DeploymentArgs{
			AppType: onvera.AppTypeAirflow,
		}, pulumi.Protect(true))
		if err != nil {
			return err
		}
		dashboards, err := onvera.NewDeployment(ctx, "dashboards", &onvera.DeploymentArgs{
			AppType: onvera.AppTypeSuperset,
		}, pulumi.DependsOn([]pulumi.Resource{etl}))
		if err != nil {
			return err
		}
		ctx.Export("airflow", etl.Url)
		ctx.Export("superset", dashboards.Url)
		return nil
	})
}
`,
    csharp: `
using System.Collections.Generic;
using Pulumi;
using Platform = ${csharpNamespace};

return await Deployment.RunAsync(() =>
{
    var etl = new Platform.Deployment("etl", new()
    {
        AppType = Platform.AppType.Airflow,
    }, new CustomResourceOptions { Protect = true });

    var dashboards = new Platform.Deployment("dashboards", new()
    {
        AppType = Platform.AppType.Superset,
    }, new CustomResourceOptions { DependsOn = { etl } });

    return new Dictionary<string, object?>
    {
        ["airflow"] = etl.Url,
        ["superset"] = dashboards.Url,
    };
});
`,
    java: `
package program;

import com.pulumi.Pulumi;
import com.pulumi.resources.CustomResourceOptions;
import ${javaPackage}.Deployment;
import ${javaPackage}.DeploymentArgs;
import ${javaPackage}.enums.AppType;

public class App {
    public static void main(String[] args) {
        Pulumi.run(ctx -> {
            var etl = new Deployment("etl",
                DeploymentArgs.builder().appType(AppType.Airflow).build(),
                CustomResourceOptions.builder().protect(true).build());

            var dashboards = new Deployment("dashboards",
                DeploymentArgs.builder().appType(AppType.Superset).build(),
                CustomResourceOptions.builder().dependsOn(etl).build());

            ctx.export("airflow", etl.url());
            ctx.export("superset", dashboards.url());
        });
    }
}
`,
    yaml: `
resources:
  etl:
    type: onvera:Deployment
    properties:
      appType: airflow
    options:
      protect: true
  dashboards:
    type: onvera:Deployment
    properties:
      appType: superset
    options:
      dependsOn:
        - \${etl}
outputs:
  airflow: \${etl.url}
  superset: \${dashboards.url}
`,
  },
];

export const getDeploymentExamples: readonly Example[] = [
  {
    title: "The address of a deployment that another project manages",
    typescript: `
import * as onvera from "pulumi-onvera";

export const url = onvera.getDeploymentOutput({ id: "dep_51c7b6a0-4f0e-4f7e-9a55-0d8c2e3f9c11" }).apply((found) => found.url);
`,
    python: `
import pulumi
import pulumi_onvera as onvera

pulumi.export("url", onvera.get_deployment_output(id="dep_51c7b6a0-4f0e-4f7e-9a55-0d8c2e3f9c11").url)
`,
    yaml: `
variables:
  shared:
    fn::invoke:
      function: onvera:getDeployment
      arguments:
        id: dep_51c7b6a0-4f0e-4f7e-9a55-0d8c2e3f9c11
outputs:
  url: \${shared.url}
`,
  },
];
