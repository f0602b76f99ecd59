// Command vault-server is HashiCorp Vault as the tests need it: in memory, with the key/value engine and Kubernetes
// auth, without the registry of all other plugins, which would double what is built.
//
// It is told everything else by its API, with the root token of its command line. Nothing of it outlives the process.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/hashicorp/go-hclog"
	kubernetes "github.com/hashicorp/vault-plugin-auth-kubernetes"
	kv "github.com/hashicorp/vault-plugin-secrets-kv"
	"github.com/hashicorp/vault/helper/namespace"
	vaulthttp "github.com/hashicorp/vault/http"
	"github.com/hashicorp/vault/internalshared/configutil"
	"github.com/hashicorp/vault/sdk/helper/consts"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/hashicorp/vault/sdk/physical/inmem"
	"github.com/hashicorp/vault/vault"
)

func main() {
	listen := flag.String("listen", "0.0.0.0:8200", "the address to serve at")
	token := flag.String("token", "", "the root token")
	flag.Parse()
	if err := run(*listen, *token); err != nil {
		fmt.Fprintln(os.Stderr, "vault-server:", err)
		os.Exit(1)
	}
}

func run(listen, token string) error {
	core, err := open()
	if err != nil {
		return fmt.Errorf("open the core: %w", err)
	}
	if err := unseal(core, token); err != nil {
		return fmt.Errorf("unseal: %w", err)
	}
	handler := vaulthttp.Handler.Handler(&vault.HandlerProperties{
		Core:           core,
		ListenerConfig: &configutil.Listener{Address: listen, TLSDisable: true},
	})
	server := &http.Server{Addr: listen, Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	return server.ListenAndServe()
}

func open() (*vault.Core, error) {
	logger := hclog.New(&hclog.LoggerOptions{Level: hclog.Info, Output: os.Stderr})
	storage, err := inmem.NewInmem(nil, logger)
	if err != nil {
		return nil, err
	}
	return vault.NewCore(&vault.CoreConfig{
		BuiltinRegistry:    builtin{},
		LogicalBackends:    map[string]logical.Factory{"kv": kv.Factory},
		CredentialBackends: map[string]logical.Factory{"kubernetes": kubernetes.Factory},
		Physical:           storage,
		StorageType:        "inmem",
		Logger:             logger,
		DisableMlock:       true,
		DisableSSCTokens:   true,
	})
}

// unseal initializes the core with one key share, opens it, and gives its root token the wanted value.
func unseal(core *vault.Core, token string) error {
	ctx := context.Background()
	result, err := core.Initialize(ctx, &vault.InitParams{
		BarrierConfig:  &vault.SealConfig{SecretShares: 1, SecretThreshold: 1},
		RecoveryConfig: &vault.SealConfig{SecretShares: 1, SecretThreshold: 1},
	})
	if err != nil {
		return err
	}
	for _, share := range result.SecretShares {
		if _, err := core.Unseal(share); err != nil {
			return err
		}
	}
	if core.Sealed() {
		return fmt.Errorf("it stayed sealed")
	}
	request := &logical.Request{
		Operation:   logical.UpdateOperation,
		Path:        "auth/token/create",
		ClientToken: result.RootToken,
		Data:        map[string]interface{}{"id": token, "policies": []string{"root"}, "no_parent": true},
	}
	response, err := core.HandleRequest(namespace.RootContext(ctx), request)
	if err != nil {
		text, _ := json.Marshal(response)
		return fmt.Errorf("create the root token: %w: %s", err, text)
	}
	return nil
}

// builtin names the plugins that are compiled in.
type builtin struct{}

func (builtin) Contains(name string, kind consts.PluginType) bool {
	return name == "kv" && kind == consts.PluginTypeSecrets || name == "kubernetes" && kind == consts.PluginTypeCredential
}

func (registry builtin) Get(name string, kind consts.PluginType) (func() (interface{}, error), bool) {
	if !registry.Contains(name, kind) {
		return nil, false
	}
	factory := logical.Factory(kv.Factory)
	if kind == consts.PluginTypeCredential {
		factory = kubernetes.Factory
	}
	return func() (interface{}, error) { return factory, nil }, true
}

func (builtin) Keys(kind consts.PluginType) []string {
	switch kind {
	case consts.PluginTypeSecrets:
		return []string{"kv"}
	case consts.PluginTypeCredential:
		return []string{"kubernetes"}
	default:
		return nil
	}
}

func (registry builtin) DeprecationStatus(name string, kind consts.PluginType) (consts.DeprecationStatus, bool) {
	return consts.Supported, registry.Contains(name, kind)
}

func (builtin) IsBuiltinEntPlugin(string, consts.PluginType) bool { return false }
