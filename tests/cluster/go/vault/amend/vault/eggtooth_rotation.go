package vault

import (
	"context"
	"errors"

	"github.com/hashicorp/vault/sdk/rotation"
)

// GetRotationInformation is what the SDK asks of a system view beyond what Vault's core of this version has.
func (dynamicSystemView) GetRotationInformation(
	context.Context, *rotation.RotationInfoRequest,
) (*rotation.RotationInfoResponse, error) {
	return nil, errors.New("rotation jobs are left out")
}
