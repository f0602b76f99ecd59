package main

// What the cases call: the providers, the rotator, the cipher and the context of tests/environment/fixtures.rs.

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/pulumi/esc"
	"github.com/pulumi/esc/eval"
	"github.com/pulumi/esc/schema"
)

type values = map[string]esc.Value

// execContext returns what `${context}` holds beside the environments' names.
func execContext() (*esc.ExecContext, error) {
	object := func(key string, value esc.Value) esc.Value { return esc.NewValue(values{key: value}) }
	user := values{"id": esc.NewValue("u-1001"), "login": esc.NewValue("alice")}
	return esc.NewExecContext(values{
		"pulumi": esc.NewValue(values{
			"user":         esc.NewValue(user),
			"organization": object("login", esc.NewValue("acme")),
		}),
		"level": esc.NewValue(json.Number("3")),
	})
}

type providers struct{}

func (providers) LoadProvider(_ context.Context, name string) (esc.Provider, error) {
	open, ok := map[string]opener{
		"test":        func(inputs values, _ esc.EnvExecContext) (esc.Value, error) { return esc.NewValue(inputs), nil },
		"test-secret": func(inputs values, _ esc.EnvExecContext) (esc.Value, error) { return esc.NewSecret(inputs), nil },
		"test-error": func(inputs values, _ esc.EnvExecContext) (esc.Value, error) {
			why, _ := inputs["why"].Value.(string)
			return esc.Value{}, errors.New("test-error: " + why)
		},
		"test-context": func(_ values, names esc.EnvExecContext) (esc.Value, error) {
			return esc.NewValue(values{
				"root":    esc.NewValue(names.GetRootEnvironmentName()),
				"current": esc.NewValue(names.GetCurrentEnvironmentName()),
			}), nil
		},
	}[name]
	switch {
	case ok:
		return provider{inputs: schema.Object().Schema(), outputs: schema.Always(), open: open}, nil
	case name == "test-typed":
		return typed(), nil
	default:
		return nil, fmt.Errorf("unknown provider %q", name)
	}
}

func (providers) LoadRotator(_ context.Context, name string) (esc.Rotator, error) {
	if name != "test-rotate" {
		return nil, fmt.Errorf("unknown rotator %q", name)
	}
	return rotator{}, nil
}

type opener func(inputs values, names esc.EnvExecContext) (esc.Value, error)

type provider struct {
	inputs, outputs *schema.Schema
	open            opener
}

func (p provider) Schema() (*schema.Schema, *schema.Schema) { return p.inputs, p.outputs }

func (p provider) Open(_ context.Context, inputs map[string]esc.Value, names esc.EnvExecContext) (esc.Value, error) {
	return p.open(inputs, names)
}

// typed is the provider that says what it takes and gives.
func typed() esc.Provider {
	inputs := schema.Object().Properties(schema.BuilderMap{
		"name":  schema.String(),
		"count": schema.Number(),
		"mode":  schema.String().Enum("fast", "slow"),
		"tags":  schema.Array().Items(schema.String()),
	}).Required("name").AdditionalProperties(schema.Never())
	outputs := schema.Record(schema.BuilderMap{
		"name":  schema.String(),
		"list":  schema.Array().Items(schema.Number()),
		"inner": schema.Record(schema.BuilderMap{"flag": schema.Boolean()}),
	})
	open := func(inputs values, _ esc.EnvExecContext) (esc.Value, error) {
		return esc.NewValue(values{
			"name":  inputs["name"],
			"list":  esc.NewValue([]esc.Value{esc.NewValue(json.Number("1")), esc.NewValue(json.Number("2"))}),
			"inner": esc.NewValue(values{"flag": esc.NewSecret(true)}),
		}), nil
	}
	return provider{inputs: inputs.Schema(), outputs: outputs.Schema(), open: open}
}

type rotator struct{}

func (rotator) Schema() (inputs, state, outputs *schema.Schema) {
	inputs = schema.Object().Properties(schema.SchemaMap{
		"user": schema.String().Schema(), "admin": schema.Always(),
	}).RotateOnly("admin").Schema()
	state = schema.Object().Properties(schema.BuilderMap{
		"current": schema.String(), "previous": schema.String(),
	}).Required("current").Schema()
	return inputs, state, schema.Always()
}

func (rotator) Open(_ context.Context, inputs, state map[string]esc.Value, _ esc.EnvExecContext) (esc.Value, error) {
	if state == nil {
		return esc.Value{}, errors.New("no rotation state")
	}
	given := values{}
	for key, value := range state {
		given[key] = value
	}
	if user, ok := inputs["user"]; ok {
		given["user"] = user
	}
	return esc.NewValue(given), nil
}

func (rotator) Rotate(context.Context, map[string]esc.Value, map[string]esc.Value, esc.EnvExecContext) (esc.Value, error) {
	return esc.Value{}, errors.New("the cases rotate nothing")
}

// cipher reads `T1:` and the plaintext in base64.
type cipher struct{}

func (cipher) Decrypt(_ context.Context, body []byte) ([]byte, error) {
	text, ok := bytes.CutPrefix(body, []byte("T1:"))
	if ok {
		if plaintext, err := base64.StdEncoding.DecodeString(string(text)); err == nil {
			return plaintext, nil
		}
	}
	return nil, errors.New("not a T1 body")
}

// documents are a case's environments by name.
type documents map[string]string

func (d documents) LoadEnvironment(_ context.Context, name string) ([]byte, eval.Decrypter, error) {
	text, ok := d[name]
	if !ok {
		return nil, nil, fmt.Errorf("environment %q not found", name)
	}
	return []byte(text), cipher{}, nil
}
