// Package policy writes an IAM policy that allows a caller to read the secrets it uses, and little
// else. It makes no calls and does not import AWS's SDK.
//
//	p, err := policy.New(usage.Needs(), policy.Config{Exists: all})
//	for _, document := range p.Documents { … }   // JSON, each within IAM's limit
//	for _, grant := range p.Grants { … }         // what each resource opens besides what is used
//
// # Names and prefixes
//
// AWS appends a hyphen and six characters to the name of a secret in its ARN, so a policy names a
// secret with -?????? at the end. That opens no secret with another name, and the policy still
// holds after the secret is deleted and created again. If the names do not fit in one policy,
// secrets share prefixes, such as airflow/connections/pg_*. Each prefix is the shortest that ends
// in one of / _ - . and opens no secret that is known to exist and is not used. Secrets that were
// denied to the caller, or that others found, count as existing and not used. A prefix also opens
// every secret that is created under it later.
//
// A policy never has * for a region or an account: New returns an error if one is not known.
//
// # What is allowed
//
// GetSecretValue is allowed only for the secrets in Needs.Secrets and those that a prefix opens.
// BatchGetSecretValue is allowed if Needs.Batch is set, and kms:Decrypt for the keys in Needs.Keys.
// Policy.Notes says what is left out and why: secrets that were denied or not found, or whose calls
// all failed.
//
// # Limits
//
// A managed policy has at most 6,144 characters, and the inline policies of a user have at most
// 2,048 together; white space does not count. A longer policy is split into several documents.
//
// # Sources
//
//   - https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_iam-policies.html
//   - https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_BatchGetSecretValue.html
//   - https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
//   - https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
package policy
