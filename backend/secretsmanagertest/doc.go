// Package secretsmanagertest is AWS Secrets Manager in memory, for tests and for
// trying things out without an account. It listens on loopback and speaks the
// real wire protocol, so the AWS SDK for Go, boto3 and whatever is built on them
// use it unchanged.
//
//	srv := secretsmanagertest.NewServer(t) // closed when the test ends
//	srv.Set("airflow/connections/pg", "postgres://u:p@h/db")
//	srv.Fail("airflow/connections/down", "DecryptionFailure")
//	client := srv.Client() // a genuine *secretsmanager.Client
//	…
//	srv.Calls("airflow/connections/pg") // how often it was asked for
//
// [Start] does the same without a test, and [Map] is a client with no network at
// all, for tests under testing/synctest.
//
// # What it does
//
// GetSecretValue, BatchGetSecretValue, ListSecrets, DescribeSecret,
// ListSecretVersionIds, CreateSecret, PutSecretValue, UpdateSecret,
// UpdateSecretVersionStage, TagResource, UntagResource, GetResourcePolicy,
// DeleteSecret and RestoreSecret, with AWS's limits, error codes and, where they
// are known, its messages: staging labels (AWSCURRENT, AWSPREVIOUS and your own), idempotency by
// ClientRequestToken, names, ARNs and ARNs without their random end, recovery
// windows, batches with their list of errors, filters, and pages behind opaque
// tokens. Client errors are HTTP 400, as on AWS.
//
// [Options].State keeps the secrets in a file from one run to the next. The
// counters [Server.Calls] and [Server.Operations] are exact; [Server.Log] has the
// latest 10,000 calls, or as many as [Options].KeepCalls says. The header of a
// request must arrive within 10 seconds and its body within 30.
//
// # Faults
//
// [Server.Fail] makes one name, or every name, answer an error code.
// [Server.Inject] does the rest: once, some times or always, for one operation
// or all of them, an error code with its message and HTTP status, a bare HTTP
// status as a proxy sends it, any body at all, a connection dropped or left
// hanging, a slow answer. A fault whose Name is set strikes requests that spell
// that name or that find the secret of that name by its ARN. In a batch, a named
// fault that is an error code and no more goes to the list of errors, as on AWS;
// any other strikes the whole request. Each attempt of a client that retries
// counts.
//
// What fails before a name can be sent (a host that does not resolve, a connection
// refused, TLS) cannot be played per name: close the server, or point the client
// at an address where nothing listens.
//
// # What it does not do
//
//   - Signatures are not verified and nobody is denied; [Call] tells who signed.
//   - Every other operation, among them rotation, replication and resource
//     policies, answers UnknownOperationException with a message that says what is
//     missing. KMS keys are remembered, not used: no version lists any.
//   - It is at once consistent, where AWS takes seconds or minutes, and has no
//     quotas but those on sizes and counts within a request; labels on a version
//     are limited, the number of secrets is not. Of the versions without a label
//     it keeps the newest 100.
//   - Secrets marked for deletion go when their window ends; forced deletion is
//     immediate, and the name is free at once.
//   - A filter on description or all compares words: every word of the value must
//     begin some word of the attribute, in any case. AWS does not say how it splits
//     words; here at everything but letters and digits. No secret has a primary
//     region or an owning service.
//   - A lone surrogate in a text sent as JSON is stored as U+FFFD, since that is
//     what Go makes of it.
//
// # Where AWS does not say
//
// Lists are in order of creation, oldest first, unless SortBy or SortOrder says
// otherwise. UpdateSecret with a ClientRequestToken already used is accepted when
// the value is the same, as PutSecretValue is, since a client's retry sends just
// that. Versions are listed oldest first, those of a secret marked for deletion
// too; tags and the policy of such a secret are refused. A secret scheduled for deletion cannot be scheduled again. A token for the
// next page belongs to its own operation, filters and order.
package secretsmanagertest
