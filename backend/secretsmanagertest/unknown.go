package secretsmanagertest

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// missing are the operations of AWS that are not supported, and what to do instead.
var missing = map[string]string{
	"RotateSecret":                 noRotation,
	"CancelRotateSecret":           noRotation,
	"PutResourcePolicy":            noPolicies,
	"DeleteResourcePolicy":         noPolicies,
	"ValidateResourcePolicy":       noPolicies,
	"ReplicateSecretToRegions":     noReplication,
	"RemoveRegionsFromReplication": noReplication,
	"StopReplicationToReplica":     noReplication,
	"GetRandomPassword":            "The server does not make passwords: make one in the client.",
}

const (
	noRotation = "The server runs no Lambda functions, so it rotates nothing: store the new version with PutSecretValue " +
		"and VersionStages AWSPENDING, then move AWSCURRENT to it with UpdateSecretVersionStage."
	noPolicies    = "The server denies nobody, so it keeps no resource policies: GetResourcePolicy returns none."
	noReplication = "The server does not replicate secrets: start a second server for the other region."
)

// wordOfTarget matches an operation that may be shown. Other text may be a secret.
var wordOfTarget = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_]{1,64}(\.[A-Za-z0-9_]{1,64})?$`) })

// unknownOperation returns the error for an X-Amz-Target that is not supported. It says what to
// do instead.
func unknownOperation(target string) error {
	operation, ours := strings.CutPrefix(target, "secretsmanager.")
	if !wordOfTarget().MatchString(target) {
		operation, target = "The operation", "The operation"
	}
	const here = "This server is only for Secrets Manager"
	message := operation + " is not an operation of Secrets Manager. Use one of " +
		strings.Join(slices.Sorted(maps.Keys(operations)), ", ") + "."
	switch {
	case missing[operation] != "":
		message = operation + " is not implemented. " + missing[operation]
	case target == "The operation" && !ours:
		message = here + ", and the header X-Amz-Target, such as secretsmanager.GetSecretValue, is missing or malformed. " + elsewhere
	case !ours:
		message = here + ", and " + target + " does not begin with secretsmanager. as its operations do. " + elsewhere
	}
	return &apiError{"UnknownOperationException", message}
}

const elsewhere = "To send other services elsewhere, set AWS_ENDPOINT_URL_SECRETS_MANAGER instead of AWS_ENDPOINT_URL."
