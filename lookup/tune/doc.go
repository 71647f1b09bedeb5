// Package tune reports which ids waste calls of GetSecretValue, and which lookup pattern would save
// these calls without hiding a secret that exists. It reads what CloudTrail has recorded, makes no
// call itself, and does not depend on AWS.
//
//	log := tune.New(tune.Config{User: tune.MWAASession})
//	err := log.Read(ctx, file)      // once for each file
//	for _, s := range log.Suggest(lookup.KindConnection, nil) {
//		fmt.Println(s.Pattern, s.Saved, log.Report().Month(s.Saved))
//	}
//
// [Usage.Report] returns the counts, [Usage.Try] checks a pattern of yours against them, and
// [Usage.Suggest] makes patterns. [Usage.Add] counts calls that are known from elsewhere, such as
// those that Config.Observe of package backend reports, and [Usage.Exists] adds ids whose secrets
// are known to exist. Program examples/tune does all of this.
//
// # Input
//
// [Usage.Read] finds events in every form in which people keep CloudTrail, plain or gzip, as a
// stream. One rule covers them all: an event is an object with eventSource and eventName, in any
// case of letters, wherever it stands in objects, in arrays, and in strings that hold JSON. So
// Read takes log files ({"Records": […]}), JSON Lines, what the AWS CLI prints, events that went
// through EventBridge, SNS, Firehose or CloudWatch Logs, and several of these one after another.
// Text around objects is skipped, such as the rest of a line of syslog, or of the AWS CLI's YAML,
// text and tables. Keys may be written as one: requestParameters.secretId. A document that holds
// the same event twice counts once: with the same eventID, or in two places, such as message and
// event.original of Elastic.
//
// A row of a table is an event too, if its columns have the names of fields; dots and case make no
// difference. Tables are CSV or TSV with a header, and rows as JSON from Athena's API, CloudTrail
// Lake and Logs Insights. A cell may hold JSON, a dict as Python prints it, or a row or map as
// Trino writes it: {secretId=a/b}. NULL may be an empty cell, NULL, <null>, a hyphen or \N. A row
// with the columns calls, firsttime and lasttime counts as many calls as it says.
//
// A part of a result is an error that wraps [ErrIncomplete]: a page without those that follow, rows
// without the columns that say what a call was, or a row whose calls are not a number. So are events
// of lookup-events while a NextToken is left, or without CloudTrailEvent. [Report].Incomplete says
// the same of all inputs together.
//
// A trail that is too large to read can be counted where it is stored: [Query] makes the SQL for
// Athena and CloudTrail Lake.
//
// Other events are counted as foreign. Records that cannot be read are counted as broken, and
// reading continues with the next record. An input without events is an error that wraps
// [ErrNoEvents]. An error says what to give instead of an input in another vocabulary, such as
// OCSF, of a table that names no secrets or has a column twice, of requestParameters in an unknown
// form, and of events none of which can be read. An input that ends within an object, array or row
// is an error that wraps io.ErrUnexpectedEOF; an end between two lines, or in a last cell without
// quotes, does not show. A string or row may have one megabyte; CloudTrail limits an event to a
// quarter of that. Events that CloudTrail delivers twice, or that are in two inputs, count twice,
// since recognizing them would take memory for each.
//
// Times may have the form of CloudTrail or of SQL engines: with a space, a fraction, another zone or
// none (which is UTC), without punctuation, or as seconds or milliseconds since 1970. Calls whose
// time cannot be read, or lies before 1990 or after 2099, count, but for no day; see Report.Untimed.
//
// Memory does not grow with the input. 100,000 ids are counted separately, and 10,000 each of
// callers, user agents, addresses, days, and names outside the prefixes; further ones are counted
// together. Within these limits, the counts do not depend on the order in which inputs are read.
//
// # Names and ids
//
// A caller asks for a secret by its name, by its ARN, or by an ARN without the suffix that AWS
// appends: a hyphen and six characters. The id is what follows prefix and separator of a rule. The
// longest prefix that fits wins; where kinds share one, the connection wins, then the variable. With
// multi_team on, TEAM-- is cut.
//
// The suffix is cut from an ARN that was found or that a denial names. It is cut from any other ARN
// only where one of the six characters is a capital letter, so that my-secret stays whole, and never
// where the prefix itself is an ARN, since then the lookup asks without it. Where it is unclear
// which of two ids a secret that exists is for, no suggestion hides either.
//
// # Which secrets exist
//
// A secret exists if it was ever found, if access to its key was denied, or if it could not be
// decrypted, had no version of the requested stage, or was marked for deletion, whoever asked for
// it. One that was denied may exist. A denial has "requestParameters": null, so its id is the one
// that errorMessage names, or is unknown. A secret is missing if it was not found and none of this
// ever happened.
//
// # Cost
//
// AWS charges 5 cents for 10,000 calls, whether they find a secret or not. A month is 30 days, and
// is extrapolated from the time between the first call and the last. Less than an hour says nothing
// about a month. BatchGetSecretValue leaves an event of GetSecretValue for each secret.
//
// # Unknown prefixes
//
// With the wrong prefixes nothing is an id. If most names are under no prefix, [Usage.Guess] gives
// the prefixes that they seem to have, and [Usage.Adopt] counts on with these. A guess needs two
// ids, most of them without a slash, under a path that ends in a word for its kind, such as
// prod/conns, team/af-variables or /mwaa/config. The parts of one login, such as username and
// password, are not ids. If several paths are possible, or only a name suggests that aws_default is
// a connection, there is no guess, because a wrong prefix makes a pattern for the wrong ids. There
// is none either if ids were found under the default prefix, or if MWAA does not ask under the
// path: then another program uses the path.
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
//   - https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
//   - https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_BatchGetSecretValue.html
//   - https://aws.amazon.com/secrets-manager/pricing/
package tune
