// Package mysql stands in for Vault's plugin of that name, which does not compile with the SDK that Vault's core needs.
// Only the helpers of Vault's own tests name it, and nothing calls it.
package mysql

// DefaultUserNameTemplate is named by those helpers.
const DefaultUserNameTemplate = ""

// New returns no plugin.
func New(string) func() (interface{}, error) {
	return func() (interface{}, error) { return nil, nil }
}
