// Evaluates environments with Pulumi's evaluator, for comparison with ours.
//
// Each line of stdin is a case, `{"documents": {NAME: TEXT}, "runs": N}`, whose root is the document `env`; each line of
// stdout is its answer, `{"evaluate": RESULT, "check": RESULT}` in the form of the vectors' expected.json. With `runs` it
// is evaluated so often, and the answer is `{"cpu": SECONDS}` for one run.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"strings"
	"syscall"

	"github.com/hashicorp/hcl/v2"
	"github.com/pulumi/esc"
	"github.com/pulumi/esc/eval"
	"github.com/pulumi/esc/syntax"
)

type request struct {
	Documents documents `json:"documents"`
	Runs      int       `json:"runs"`
}

type result struct {
	Loaded               bool            `json:"loaded"`
	Values               any             `json:"values"`
	Redacted             any             `json:"redacted"`
	SecretPaths          []string        `json:"secretPaths"`
	UnknownPaths         []string        `json:"unknownPaths"`
	EnvironmentVariables map[string]text `json:"environmentVariables"`
	Files                map[string]text `json:"files"`
	Diagnostics          []diagnostic    `json:"diagnostics"`
}

type text struct {
	Value  string `json:"value"`
	Secret bool   `json:"secret"`
}

type diagnostic struct {
	Environment string `json:"environment"`
	Path        string `json:"path"`
	Line        int    `json:"line"`
	Column      int    `json:"column"`
	Severity    string `json:"severity"`
	Summary     string `json:"summary"`
}

func main() {
	lines := bufio.NewReader(os.Stdin)
	answers := json.NewEncoder(os.Stdout)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var request request
		if err := json.Unmarshal(line, &request); err != nil {
			fmt.Fprintln(os.Stderr, "esc-oracle:", err)
			os.Exit(1)
		}
		if err := answers.Encode(answer(request)); err != nil {
			fmt.Fprintln(os.Stderr, "esc-oracle:", err)
			os.Exit(1)
		}
	}
}

// answer evaluates a case; a panic of the evaluator is told as such, and the next case goes on.
func answer(request request) (answer map[string]any) {
	defer func() {
		if fault := recover(); fault != nil {
			answer = map[string]any{"panic": fmt.Sprint(fault)}
		}
	}()
	if request.Runs > 0 {
		before := cpu()
		for range request.Runs {
			evaluate(request.Documents, false)
		}
		return map[string]any{"cpu": (cpu() - before) / float64(request.Runs)}
	}
	return map[string]any{
		"evaluate": export(evaluate(request.Documents, false)),
		"check":    export(evaluate(request.Documents, true)),
	}
}

func cpu() float64 {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	seconds := func(time syscall.Timeval) float64 { return float64(time.Sec) + float64(time.Usec)/1e6 }
	return seconds(usage.Utime) + seconds(usage.Stime)
}

func evaluate(documents documents, check bool) (bool, *esc.Environment, syntax.Diagnostics) {
	const root = "env"
	background := context.Background()
	names, err := execContext()
	if err != nil {
		panic(err)
	}
	declaration, diagnostics, err := eval.LoadYAMLBytes(root, []byte(documents[root]))
	if err != nil {
		panic(err)
	}
	if diagnostics.HasErrors() {
		return false, nil, diagnostics
	}
	var environment *esc.Environment
	var more syntax.Diagnostics
	if check {
		environment, more = eval.CheckEnvironment(
			background, root, declaration, cipher{}, providers{}, documents, names, false)
	} else {
		environment, more = eval.EvalEnvironment(
			background, root, declaration, cipher{}, providers{}, documents, names)
	}
	return true, environment, append(diagnostics, more...)
}

func export(loaded bool, environment *esc.Environment, diagnostics syntax.Diagnostics) result {
	exported := result{
		Loaded: loaded, SecretPaths: []string{}, UnknownPaths: []string{}, Diagnostics: []diagnostic{},
		EnvironmentVariables: map[string]text{}, Files: map[string]text{},
	}
	if environment != nil {
		root := esc.NewValue(environment.Properties)
		exported.Values, exported.Redacted = shown(root, false), shown(root, true)
		exported.marks("", root)
		sort.Strings(exported.SecretPaths)
		sort.Strings(exported.UnknownPaths)
		exported.EnvironmentVariables = texts(environment.GetEnvironmentVariables())
		exported.Files = texts(environment.GetTemporaryFiles())
	}
	for _, one := range diagnostics {
		told := diagnostic{Path: one.Path, Severity: "error", Summary: one.Summary}
		if one.Severity == hcl.DiagWarning {
			told.Severity = "warning"
		}
		if one.Subject != nil {
			told.Environment = one.Subject.Filename
			told.Line, told.Column = one.Subject.Start.Line, one.Subject.Start.Column
		}
		exported.Diagnostics = append(exported.Diagnostics, told)
	}
	return exported
}

// shown returns a value as JSON; a number that has no JSON is a string.
func shown(value esc.Value, redact bool) any {
	switch {
	case redact && value.Secret:
		return "[secret]"
	case value.Unknown:
		return "[unknown]"
	}
	switch content := value.Value.(type) {
	case []esc.Value:
		items := make([]any, len(content))
		for index, item := range content {
			items[index] = shown(item, redact)
		}
		return items
	case map[string]esc.Value:
		entries := make(map[string]any, len(content))
		for key, entry := range content {
			entries[key] = shown(entry, redact)
		}
		return entries
	case json.Number:
		if !json.Valid([]byte(content)) {
			return string(content)
		}
	}
	return value.Value
}

// marks notes the paths of what is secret and what is unknown; nothing below an unknown.
func (r *result) marks(path string, value esc.Value) {
	if value.Secret && path != "" {
		r.SecretPaths = append(r.SecretPaths, path)
	}
	if value.Unknown {
		r.UnknownPaths = append(r.UnknownPaths, path)
		return
	}
	switch content := value.Value.(type) {
	case []esc.Value:
		for index, item := range content {
			r.marks(fmt.Sprintf("%s[%d]", path, index), item)
		}
	case map[string]esc.Value:
		for key, entry := range content {
			r.marks(join(path, key), entry)
		}
	}
}

// join adds a key to a path: plain where it is an identifier, else quoted.
func join(path, key string) string {
	identifier := key != "" && !strings.ContainsFunc(key, func(r rune) bool {
		return r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
	switch {
	case !identifier || key[0] >= '0' && key[0] <= '9':
		return path + `["` + strings.ReplaceAll(key, `"`, `\"`) + `"]`
	case path == "":
		return key
	default:
		return path + "." + key
	}
}

func texts(values map[string]esc.Value) map[string]text {
	texts := map[string]text{}
	for name, value := range values {
		content, _ := shown(value, false).(string)
		texts[name] = text{Value: content, Secret: value.Secret}
	}
	return texts
}
