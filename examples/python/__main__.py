"""A data platform for one team, in Python: an Airflow that fills a warehouse, and a Superset that shows its data."""

import pulumi
import pulumi_onvera as onvera

team = pulumi.Config().get("team") or "data"

# A replacement creates an empty deployment and deletes the old one with its data. `protect` makes Pulumi refuse it.
protect = pulumi.get_stack() == "production"

etl = onvera.Deployment(
    "etl",
    app_type=onvera.AppType.AIRFLOW,
    # If the create takes longer, the run fails, and the next `pulumi up` resumes the wait.
    opts=pulumi.ResourceOptions(protect=protect, custom_timeouts=pulumi.CustomTimeouts(create="45m")),
)

dashboards = onvera.Deployment(
    "dashboards",
    app_type=onvera.AppType.SUPERSET,
    name=f"{team}-dashboards-{pulumi.get_stack()}",
    opts=pulumi.ResourceOptions(protect=protect, depends_on=[etl]),
)

# The status of the operation that created them.
creation = onvera.get_operations_output(type="deployment.create", resource_id=dashboards.deployment_id)

pulumi.export("airflow_url", etl.url)
pulumi.export("superset_url", dashboards.url)
pulumi.export("superset_name", dashboards.name)
pulumi.export("superset_creation", creation.operations[0].status)
