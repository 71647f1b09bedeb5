// Package policy writes the IAM policy that fits what a caller uses of Secrets Manager. It is
// pure: it makes no call and does not import AWS's SDK.
//
//	p, err := policy.New(usage.Needs(), policy.Config{Exists: all})
//	for _, document := range p.Documents { … }   // JSON, each within IAM's limit
//	for _, grant := range p.Grants { … }         // what each resource opens besides what is used
//
// # Names and prefixes
//
// AWS ends the ARN of a secret in a hyphen and six characters, so a policy names a secret with
// -?????? at the end. That opens no secret of another name, and the policy still holds after the
// secret is deleted and created again. When the names do not fit in one policy, secrets share
// prefixes, such as airflow/connections/pg_*. Each prefix is the shortest that ends in one of
// / _ - . and opens no secret that is known to exist and is not used. A secret that was denied to
// the caller, or that others found, counts as one. A prefix also opens every secret that is created
// under it later.
//
// A policy never has * for a region or an account. New refuses a secret whose place is not known.
//
// # What is allowed
//
// GetSecretValue is allowed for the secrets in Needs.Secrets only. BatchGetSecretValue is allowed
// if Needs.Batch is set, and kms:Decrypt for Needs.Keys. Policy.Notes says what is left out and
// why: names that were denied, not found, or only failed.
//
// # Limits
//
// A managed policy has at most 6,144 characters, and the inline policies of a user have at most
// 2,048 together; white space does not count. A longer policy is split into several documents.
// The wildcards are IAM's: * is any characters, and ? is one character.
//
// # Sources
//
//   - https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_iam-policies.html
//   - https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_BatchGetSecretValue.html
//   - https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
//   - https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
package policy
