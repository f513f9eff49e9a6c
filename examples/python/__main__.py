"""A pipeline platform for one team, in Python: Airflow that fills a warehouse, and Superset that shows what is in it."""

import pulumi
import pulumi_onvera as onvera

team = pulumi.Config().get("team") or "data"

etl = onvera.Deployment(
    "etl",
    app_type=onvera.AppType.AIRFLOW,
    # A create may take so long; after that `pulumi up` goes on with it.
    opts=pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(create="45m")),
)

dashboards = onvera.Deployment(
    "dashboards",
    app_type=onvera.AppType.SUPERSET,
    name=f"{team}-dashboards-{pulumi.get_stack()}",
    opts=pulumi.ResourceOptions(depends_on=[etl]),
)

# What the platform says of the operation that made it.
creation = onvera.get_operations_output(type="deployment.create", resource_id=dashboards.deployment_id)

pulumi.export("airflow_url", etl.url)
pulumi.export("superset_url", dashboards.url)
pulumi.export("superset_name", dashboards.name)
pulumi.export("superset_creation", creation.operations[0].status)
