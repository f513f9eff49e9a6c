// sdk-gen-dotnet writes the SDK for .NET from a Pulumi package schema, with Pulumi's own code generator:
//
//	sdk-gen-dotnet SCHEMA.json FOLDER LOGO.png
//
// The generator was part of the CLI's module until v3.106; that of later versions is in a module that Go cannot download.
package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"

	"github.com/pulumi/pulumi/pkg/v3/codegen/dotnet"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

// noLoader satisfies the generator, which loads the packages that a schema refers to; ours refers to none.
type noLoader struct{ schema.Loader }

func run(schemaFile, folder, logo string) error {
	text, err := os.ReadFile(schemaFile)
	if err != nil {
		return err
	}
	var spec schema.PackageSpec
	if err := json.Unmarshal(text, &spec); err != nil {
		return fmt.Errorf("%s: %w", schemaFile, err)
	}
	// The generator includes the logo, which it would download.
	logoFolder, logoName := filepath.Split(logo)
	files := http.NewFileTransport(http.Dir(logoFolder))
	http.DefaultTransport.(*http.Transport).RegisterProtocol("file", files)
	spec.LogoURL = "file:///" + logoName
	pkg, problems, err := schema.BindSpec(spec, noLoader{})
	if err != nil {
		return err
	}
	if problems.HasErrors() {
		return fmt.Errorf("%s: %w", schemaFile, problems)
	}
	generated, err := dotnet.GeneratePackage("sdk-gen", pkg, nil)
	if err != nil {
		return err
	}
	for name, content := range generated {
		file := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, content, 0o644); err != nil {
			return err
		}
	}
	fmt.Printf("%d files\n", len(generated))
	return nil
}

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: sdk-gen-dotnet SCHEMA.json FOLDER LOGO.png")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, "sdk-gen-dotnet:", err)
		os.Exit(1)
	}
}
