// Package secretsmanagertest is AWS Secrets Manager in memory, for tests and for
// work without an AWS account. It listens on loopback and speaks the real wire
// protocol, so the AWS SDK for Go, boto3 and programs built on them use it
// unchanged.
//
//	srv := secretsmanagertest.NewServer(t) // closed when the test ends
//	srv.Set("airflow/connections/pg", "postgres://u:p@h/db")
//	srv.Fail("airflow/connections/down", "DecryptionFailure")
//	client := srv.Client() // a *secretsmanager.Client of the SDK
//	…
//	srv.Calls("airflow/connections/pg") // how often it was asked for
//
// [Start] does the same outside a test. [Map] is a client without a network, for
// tests under testing/synctest.
//
// # Operations
//
// The server supports GetSecretValue, BatchGetSecretValue, ListSecrets,
// DescribeSecret, ListSecretVersionIds, CreateSecret, PutSecretValue, UpdateSecret,
// UpdateSecretVersionStage, TagResource, UntagResource, GetResourcePolicy,
// DeleteSecret and RestoreSecret. Limits, error codes and, if they are known,
// messages are those of AWS. That includes staging labels (AWSCURRENT, AWSPREVIOUS
// and others), idempotency by ClientRequestToken, names, ARNs and ARNs without
// their random suffix, recovery windows, batches with their list of errors,
// filters, and pages with opaque tokens.
//
// [Options].State keeps the secrets in a file from one run to the next. The
// counters [Server.Calls] and [Server.Operations] are exact. [Server.Log] has the
// latest 10,000 calls, or as many as [Options].KeepCalls says. The header of a
// request must arrive within 10 seconds and its body within 30.
//
// # Faults
//
// [Server.Fail] makes one name, or every name, fail with an error code.
// [Server.Inject] can do more. A [Fault] happens once, several times or always, for
// one operation or all of them. It can be an error code with a message and an
// HTTP status, a bare HTTP status as a proxy sends it, any body, a connection that
// is dropped or left hanging, or a slow response.
//
// A fault with a Name affects requests that spell that name, and requests that find
// the secret of that name by its ARN. In a batch, a named fault that is only an
// error code is added to the list of errors, as on AWS; any other fails the whole
// request. Each attempt of a client that retries counts.
//
// Some failures occur before a request is sent, so they cannot depend on a name: a
// host that does not resolve, a refused connection, a failed TLS handshake. For
// those, close the server, or use an address from [ClosedPort].
//
// # Errors
//
// Client errors have the HTTP status 400, as on AWS, even if a secret is not found.
// An operation that is not supported fails with UnknownOperationException. Its
// message says what to do instead.
//
// # Secrecy
//
// No error contains the text of a secret. The file of Options.State holds the
// secrets in plain text; only its owner may read it.
//
// # Differences from AWS
//
//   - Signatures are not verified and nobody is denied. [Call] says who signed.
//   - Other operations, such as rotation, replication and resource policies, are not
//     supported. KMS keys are remembered but not used, and no version lists its keys.
//   - Changes take effect at once; on AWS they take seconds or minutes. The only
//     limits are those on sizes and counts within a request and on the labels of a
//     version. The number of secrets is not limited. Of the versions without a
//     label, a secret keeps the newest 100.
//   - A secret that is marked for deletion is removed when its recovery window ends.
//     Forced deletion is immediate, and the name is free at once.
//   - A filter on description or all compares words: every word of the value must be
//     the beginning of a word of the attribute, in any case. AWS does not say how it
//     splits words; the server splits at everything except letters and digits.
//     Secrets do not have a primary region or an owning service.
//   - A lone surrogate in a text sent as JSON is stored as U+FFFD, because
//     encoding/json replaces it.
//
// AWS does not document these cases, so the server chooses:
//
//   - Lists are in order of creation, oldest first, unless SortBy or SortOrder says
//     otherwise. So are versions, even those of a secret marked for deletion.
//   - UpdateSecret with a ClientRequestToken that was used before succeeds if the
//     value is the same, as PutSecretValue does. The retry of a client sends exactly
//     that.
//   - A secret that is marked for deletion cannot be marked again. Its tags and its
//     policy are refused.
//   - A token for the next page is valid only for the same operation, filters and
//     order.
package secretsmanagertest
