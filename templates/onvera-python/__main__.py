import pulumi
import pulumi_onvera as onvera

# A replacement creates an empty deployment and deletes the old one with its data. `protect` makes Pulumi refuse it.
protect = pulumi.get_stack() != "dev"

etl = onvera.Deployment("etl", app_type="airflow", opts=pulumi.ResourceOptions(protect=protect))
dashboards = onvera.Deployment(
    "dashboards", app_type="superset", opts=pulumi.ResourceOptions(protect=protect, depends_on=[etl])
)

pulumi.export("airflow", etl.url)
pulumi.export("superset", dashboards.url)
