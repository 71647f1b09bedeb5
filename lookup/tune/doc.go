// Package tune finds out which ids burn calls of GetSecretValue, and which lookup pattern would save them without hiding a secret
// that is there. It reads what CloudTrail has written, makes no call, and knows nothing of AWS.
//
//	log := tune.New(tune.Config{User: tune.MWAASession})
//	err := log.Read(ctx, file)      // as often as there are files
//	for _, s := range log.Suggest(lookup.KindConnection, nil) {
//		fmt.Println(s.Pattern, s.Saved, log.Report().Month(s.Saved))
//	}
//
// [Usage.Report] gives the counts, [Usage.Try] holds a pattern of yours against them, and [Usage.Suggest] makes patterns. Calls that are
// known from elsewhere, such as those that Config.Observe of package backend is told of, come in by [Usage.Add], and ids whose secrets
// are known to be there by [Usage.Exists]. Program examples/tune does all of it.
//
// # Input
//
// [Usage.Read] finds the events in any form in which people hold CloudTrail, plain or gzip, as a stream. One rule reads them all: an
// event is an object with eventSource and eventName, in any case of letters, wherever it stands in objects, in arrays, and in strings
// that hold JSON. So it reads log files ({"Records": […]}), JSON Lines, what the AWS CLI prints, events by way of EventBridge, SNS,
// Firehose and CloudWatch Logs, and several of them one after another. Text before an object on its line is passed over.
//
// A row of a table is an event too, if its columns have the names of fields; dots and case make no difference. Tables are CSV with a
// header, and rows as JSON as Athena's API, CloudTrail Lake and Logs Insights have them. A cell may be JSON, or a row or map as Trino
// writes it: {secretId=a/b}. A row with the columns calls, firsttime and lasttime counts as many calls. Half of such a result, such as
// a page without those that follow, is an error that wraps [ErrIncomplete], and [Report].Incomplete.
//
// A trail that is too large to read can be counted where it is kept: [Query] gives the SQL for Athena and CloudTrail Lake.
//
// Other events are counted as foreign. What cannot be read is counted as broken, and reading goes on with the next record. An input
// without events is an error that wraps [ErrNoEvents]; one of another vocabulary, such as OCSF, or a table that names no secrets, is
// refused by an error that says what to give instead. A string or row may take a megabyte; CloudTrail allows an event a quarter of it.
// Events that are delivered twice, or are in two inputs, count twice: to know them again would take memory for each.
//
// Times may be as CloudTrail writes them or as SQL engines do: with a space, a fraction, another zone or none, which is UTC, without
// punctuation, or as seconds or milliseconds since 1970. Calls whose time cannot be read count, but for no day; see Report.Untimed.
//
// What is kept does not grow with the input. 100,000 ids are told apart, and 10,000 of each of callers, user agents, addresses, days
// and names outside the prefixes; further ones are counted together. Up to there the counts are the same in whatever order, or at the
// same time, inputs are read.
//
// # Names and ids
//
// A secret is asked for by name, by ARN, or by an ARN without the six characters at its end. Its id is what follows prefix and
// separator of a rule; the longest prefix that fits wins, and of kinds that share one the connection, then the variable. With
// multi_team on, TEAM-- is taken off. The hyphen and six characters of an ARN that was found, or that a denial names, are taken off
// whatever they are; of another only where one of the six is a capital letter, so that my-secret stays whole; and none where the
// prefix is an ARN itself, since then it is the lookup that asks so. Where there is doubt about a secret that is there, neither
// reading of its id is ever hidden.
//
// # What is there
//
// A secret is there if it was ever found, if the access to its key was denied, if it could not be decrypted, had no version of the
// stage that was asked for, or was marked for deletion; also if it was another than Config.User who found it. One that was denied
// may be there: a denial has "requestParameters": null, so its id is the one that errorMessage names, or not known. One that was not
// found, and nothing of all that, is missing.
//
// # Cost
//
// AWS asks 5 cents for 10,000 calls, and as much for those that find nothing. A month is 30 days, and is extrapolated from the time
// between the first call and the last. Less than an hour says nothing about a month. BatchGetSecretValue leaves an event of
// GetSecretValue for each secret.
//
// # Prefixes that are not known
//
// With the wrong prefixes nothing is an id. If most names are under no prefix, [Usage.Guess] gives
// the prefixes that they seem to have, and [Usage.Adopt] counts on with these. A guess needs two
// ids, most of them without a slash, under a path that ends in a word for its kind, such as
// prod/conns, team/af-variables or /mwaa/config. The parts of one login, such as username and
// password, are not ids. If several paths are possible, or only a name suggests that aws_default is
// a connection, there is no guess, because a wrong prefix makes a pattern for the wrong ids.
//
// # What a caller needs
//
// [Usage.Needs] gives what a caller needs of an IAM policy, by the names that it asks for, for
// package policy. [Usage.Idle] gives the secrets that nobody asks for. Both know 100,000 names. A
// secret that the caller was only ever denied is not needed, and its id is worth a pattern; see
// [Usage.SuggestDenied].
//
// # Sources
//
//   - https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
//   - https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
//   - https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html, and API_BatchGetSecretValue.html
//   - https://aws.amazon.com/secrets-manager/pricing/
package tune
