package policy

// Needs are what a caller needs of Secrets Manager. Usage.Needs of package tune reads them from
// CloudTrail. To make a policy for a list of secrets instead, set Secrets alone.
type Needs struct {
	Secrets []Secret // the secrets to read
	Batch   bool     // BatchGetSecretValue succeeded
	Keys    []string // ARNs of the KMS keys to decrypt these secrets with

	// What follows is not allowed, and Notes counts it. No prefix opens a secret of Denied, Failed
	// or Others.

	Denied      []Secret // that were denied and never found
	Failed      []Secret // whose calls all failed otherwise, as throttled ones do
	Others      []Secret // that may exist, and that the caller did not find; others may have
	Missing     []Secret // that were asked for and not found; a prefix may open these
	BatchFailed bool     // BatchGetSecretValue was called and never succeeded

	// KeysDenied are those of Keys with which no call succeeded: KMS denied them when the
	// caller read a secret.
	KeysDenied []string

	// Callers are the roles and users whose calls these are, as ACCOUNT/ROLE where two accounts
	// have the same name. A policy is for one caller.
	Callers []string

	Partial bool     // there were more secrets, keys or callers than are here
	Paths   []string // what the names of ids begin with; a prefix in a policy is not shorter
}
