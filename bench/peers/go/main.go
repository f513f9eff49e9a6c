// A provider plugin as one is usually written in Go, on Pulumi's own framework: its one resource keeps as many values as a
// deployment, and asks no platform. It shows what the engine, gRPC and a native plugin cost by themselves.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/pulumi/pulumi-go-provider/infer"
)

type Deployment struct{}

type DeploymentArgs struct {
	AppType string  `pulumi:"appType"`
	Name    *string `pulumi:"name,optional"`
}

type DeploymentState struct {
	DeploymentArgs
	DeploymentID  string `pulumi:"deploymentId"`
	Status        string `pulumi:"status"`
	URL           string `pulumi:"url"`
	EnvironmentID string `pulumi:"environmentId"`
	CreatedAt     string `pulumi:"createdAt"`
	OperationID   string `pulumi:"operationId"`
}

func (Deployment) Create(
	_ context.Context, request infer.CreateRequest[DeploymentArgs],
) (infer.CreateResponse[DeploymentState], error) {
	id := "dep_00000000-0000-4000-8000-000000000000"
	return infer.CreateResponse[DeploymentState]{
		ID: id,
		Output: DeploymentState{
			DeploymentArgs: request.Inputs,
			DeploymentID:   id,
			Status:         "ready",
			URL:            fmt.Sprintf("https://%s-abcdef.onvera.io", request.Name),
			EnvironmentID:  "env_default",
			CreatedAt:      "2026-01-01T00:00:00.000Z",
			OperationID:    "op_00000000-0000-4000-8000-000000000000",
		},
	}, nil
}

func main() {
	provider, err := infer.NewProviderBuilder().
		WithNamespace("bench").
		WithResources(infer.Resource(Deployment{})).
		Build()
	if err == nil {
		err = provider.Run(context.Background(), "peer", "0.1.0")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
