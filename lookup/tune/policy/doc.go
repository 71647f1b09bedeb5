// Package policy writes the IAM policy that fits what a caller uses of Secrets Manager. It is pure: it makes no call and knows nothing
// of AWS's SDK.
//
//	p, err := policy.New(log.Needs(), policy.Config{Exists: all})
//	for _, document := range p.Documents { … }   // JSON, each within IAM's limit
//	for _, grant := range p.Grants { … }         // what each resource opens besides what is used
//
// # Names and prefixes
//
// The ARN of a secret ends in a hyphen and six characters of AWS's, so a policy for a secret ends in -??????. That opens no secret of
// another name, and the policy still holds if the secret is deleted and made again. Many secrets do not fit in a policy by name. Then
// secrets share prefixes, such as airflow/connections/pg_*: each the shortest that ends in one of / _ - . and opens no secret that
// is known to exist and is not used. A prefix also opens every secret that is made under it later.
//
// # Limits
//
// A managed policy has 6,144 characters, and the inline policies of a user have 2,048 together; white space does not count. A policy
// that is longer still is split into several documents. The wildcards * and ? are those of IAM: any characters, and one character.
//
// # Sources
//
//   - https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_iam-policies.html
//   - https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_BatchGetSecretValue.html
//   - https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
//   - https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
package policy
