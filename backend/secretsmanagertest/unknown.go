package secretsmanagertest

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// missing are AWS's other operations, and what takes their place.
var missing = map[string]string{
	"RotateSecret":                 noRotation,
	"CancelRotateSecret":           noRotation,
	"PutResourcePolicy":            noPolicies,
	"DeleteResourcePolicy":         noPolicies,
	"ValidateResourcePolicy":       noPolicies,
	"ReplicateSecretToRegions":     noReplication,
	"RemoveRegionsFromReplication": noReplication,
	"StopReplicationToReplica":     noReplication,
	"GetRandomPassword":            "It makes no passwords: make one in the client.",
}

const (
	noRotation = "It runs no Lambda function, so nothing rotates: store the new version with PutSecretValue " +
		"and VersionStages AWSPENDING, then move AWSCURRENT to it with UpdateSecretVersionStage."
	noPolicies    = "It keeps no resource policies, since it denies nobody: GetResourcePolicy answers that there is none."
	noReplication = "It does not replicate secrets: start a second server for the other region."
)

// wordOfTarget is an operation that can be shown: whatever else a client sends may
// be anything.
var wordOfTarget = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_]{1,64}(\.[A-Za-z0-9_]{1,64})?$`) })

// unknownOperation says why the operation of an X-Amz-Target is not done, and what
// to do instead.
func unknownOperation(target string) error {
	operation, ours := strings.CutPrefix(target, "secretsmanager.")
	if !wordOfTarget().MatchString(target) {
		operation, target = "The operation", "The operation"
	}
	const here = "Only Secrets Manager is here"
	message := operation + " is not an operation of Secrets Manager. It must be spelled like one of " +
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
