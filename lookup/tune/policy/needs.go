package policy

// Needs has what a caller needs from Secrets Manager. Usage.Needs of package tune reads it from
// CloudTrail. To make a policy for a list of secrets instead, set only Secrets.
type Needs struct {
	Secrets []Secret // the secrets to read
	Batch   bool     // BatchGetSecretValue succeeded
	Keys    []string // ARNs of the KMS keys that decrypt these secrets

	// The policy leaves these out. No prefix opens a secret in Denied, Failed or
	// Others.

	Denied      []Secret // secrets that were denied and never found
	Failed      []Secret // secrets whose calls all failed otherwise, for example by throttling
	Others      []Secret // other secrets that exist or may exist, and are not needed
	Missing     []Secret // secrets that were asked for and not found; a prefix may open these
	BatchFailed bool     // BatchGetSecretValue was called and never succeeded

	// KeysDenied has those of Keys that KMS denied on every call. The policy allows them, and a
	// note says so.
	KeysDenied []string

	// Callers has the roles and users that made the calls, as ACCOUNT/ROLE if two accounts have a
	// role of that name. A policy should be for one caller.
	Callers []string

	Partial bool     // there were more secrets, keys or callers than are listed here
	Paths   []string // prefixes of the names of ids; no prefix in a policy is shorter
}
