// Package tune reports which ids waste calls of GetSecretValue, and which lookup pattern would save
// these calls without hiding a secret that exists. It reads what CloudTrail recorded, makes no call
// itself, and does not depend on AWS.
//
//	log := tune.New(tune.Config{User: tune.MWAASession})
//	err := log.Read(ctx, file)      // once for each file
//	for _, s := range log.Suggest(lookup.KindConnection, nil) {
//		fmt.Println(s.Pattern, s.Saved, log.Report().Month(s.Saved))
//	}
//
// Usage.Report returns the counts, Usage.Try checks your own pattern against them, and
// Usage.Suggest makes patterns. Usage.Add counts calls from another source, such as those that
// Config.Observe of package backend reports, and Usage.Exists adds ids whose secrets are known to
// exist. The program examples/tune does all of this.
//
// # Input
//
// Usage.Read streams its input, plain or gzip, and finds events in all common forms of CloudTrail
// logs. One rule covers them all: an event is an object with the keys eventSource and eventName,
// whatever their case. It may be inside other objects, arrays, and strings that hold JSON. So Read
// takes log files ({"Records": […]}), JSON Lines, the output of the AWS CLI, events that went
// through EventBridge, SNS, Firehose or CloudWatch Logs, and several of these one after another.
// Read skips text around objects, such as the start of a syslog line, or the AWS CLI's YAML, text
// and tables. Nested keys may be joined with dots: requestParameters.secretId. Read counts an
// event once if one document holds it twice, either with the same eventID or in two places, such
// as message and event.original of Elastic.
//
// A row of a table is also an event if its columns are named after an event's fields; dots and case
// do not matter. Tables are CSV or TSV with a header, or JSON rows from Athena's API, CloudTrail
// Lake and Logs Insights. A cell may hold JSON, a dict as Python prints it, or a row or map as
// Trino prints it: {secretId=a/b}. NULL may be an empty cell, NULL, <null>, a hyphen or \N. A row
// with the columns calls, firsttime and lasttime counts as the number in calls.
//
// Read returns an error that wraps ErrIncomplete if it read only part of a result: a page without
// the pages that follow, rows without the columns that say what a call was, or a row whose calls
// are not a number. The same goes for the output of lookup-events that has a NextToken left, or no
// CloudTrailEvent. Report.Incomplete says the same of all inputs together.
//
// If a trail is too large to read, let the engine that stores it do the counting: Query makes the
// SQL for Athena and CloudTrail Lake.
//
// Other events are counted as foreign. Records that cannot be read are counted as broken, and
// reading continues with the next record. If an input has no events, the error wraps ErrNoEvents.
// Read also refuses events in another schema, such as OCSF, a table that names no secrets or
// repeats a column, requestParameters in an unknown form, and an input whose events are all
// unreadable; the error says what to give instead. If an input ends inside an object, array or row,
// the error wraps io.ErrUnexpectedEOF; an end between two lines, or in an unquoted last cell,
// cannot be detected. A string or row may have at most one megabyte; CloudTrail limits an event to
// a quarter of that. An event that CloudTrail delivers twice, or that is in two inputs, counts
// twice, because recognizing repeats would take memory for every event.
//
// Times may be in CloudTrail's form or in those of SQL engines: with a space, a fraction, another
// zone or none (which means UTC), without punctuation, or as a Unix time in seconds, milliseconds,
// microseconds or nanoseconds. Calls whose time cannot be read, or lies before 1990 or after 2099,
// count, but for no day; see Report.Untimed.
//
// Memory does not grow with the input. 100,000 ids are counted separately, and 10,000 each of
// callers, user agents, addresses, days, and names under no prefix; the rest are counted together.
// Within these limits, the counts do not depend on the order in which inputs are read.
//
// # Names and ids
//
// A caller asks for a secret by its name, by its ARN, or by an ARN without the suffix that AWS
// appends: a hyphen and six characters. The id is what follows the prefix and separator of a rule.
// The longest matching prefix wins; if several kinds share a prefix, the id counts as a connection
// if that is one of them, and otherwise as a variable. With multi_team on, TEAM-- is cut off.
//
// The suffix is cut off an ARN whose secret is known to exist, and off the ARN in the message of a
// denial. It is cut off any other ARN only if one of the six characters is a capital letter, so
// that my-secret stays whole. If the prefix itself is an ARN, lookups ask without the suffix, so it
// is cut off only in a denial. If it is unclear which of two ids an existing secret is for, no
// suggestion hides either.
//
// # Which secrets exist
//
// A secret exists if any caller ever found it, or was denied access to its key, or got an error
// that only an existing secret causes: it could not be decrypted, had no version with the requested
// stage, or was marked for deletion. A secret whose calls were denied otherwise may exist. A denied
// call has "requestParameters": null, so its id comes from errorMessage, or is unknown. A secret is
// missing if a call did not find it and none of the above ever happened.
//
// # Cost
//
// AWS charges 5 cents for 10,000 calls, whether they find a secret or not. The cost of a month of
// 30 days is extrapolated from the time between the first call and the last. If this is less than
// an hour, the cost of a month is not known. BatchGetSecretValue leaves a GetSecretValue event for
// each secret.
//
// # Unknown prefixes
//
// With the wrong prefixes, no name is an id. If most calls are for names under no prefix,
// Usage.Guess returns the prefixes that these names seem to have, and Usage.Adopt counts again
// with them. A guess needs two ids, most of them without a slash, under a path that ends in a word
// for its kind, such as prod/conns, team/af-variables or /mwaa/config. The parts of one login,
// such as username and password, are not ids. A wrong prefix makes a pattern for the wrong ids, so
// there is no guess if several paths are possible, or if only a name such as aws_default suggests
// a connection. There is also none if ids were found under the default prefix, or if MWAA never
// asks under the path, because then another program uses the path. Usage.CommonPath returns the
// path that most of these calls share.
//
// # What a caller needs
//
// Usage.Needs returns what a caller needs in an IAM policy, by the names it asks for; package
// policy writes the policy. Usage.Idle returns the secrets that nobody asks for. Both keep track of
// 100,000 names. A policy does not need a secret that the caller was only ever denied. A lookup
// pattern can save the calls for it; see Usage.SuggestDenied.
//
// # Sources
//
//   - https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
//   - https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
//   - https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
//   - https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_BatchGetSecretValue.html
//   - https://aws.amazon.com/secrets-manager/pricing/
package tune
