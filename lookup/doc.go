// Package lookup computes which secrets in AWS Secrets Manager Airflow asks for when it looks up
// the id of a connection, a variable or a configuration option, or why it asks for none. It follows
// the rules of Airflow's SecretsManagerBackend: prefix, separator, lookup pattern and team. It
// makes no calls and does not import the AWS SDK.
//
//	rule := lookup.Rule{Pattern: lookup.MustCompile(lookup.MWAAPattern)}
//	plan, err := rule.Plan("smtp_default", "")
//	fmt.Println(plan) // asks airflow/connections/smtp_default
//
// # Patterns
//
// A lookup pattern is a Python regular expression. Airflow matches it against the id alone, without
// the prefix, as re.match(pattern, id, re.IGNORECASE) does. [Compile] reads the full syntax of
// CPython 3.11 to 3.13, including look-arounds, back-references and conditionals.
//
// Compiling or matching takes at most a few tenths of a second and 80 MB, whatever the pattern
// and the id. Most patterns match in time linear in the length of the id. The exceptions are
// patterns with back-references or conditionals and patterns of more than about 10,000
// instructions; a match that would take more than 2^23 steps returns a [*BudgetError].
// [Pattern.Within] limits many matches together.
//
// [Rule.Lint] reports mistakes that are easy to miss in a pattern. Its rule runaway reports a
// pattern on which CPython, which backtracks, hangs for some id, although this package does not.
// [Rule.Report] shows what a rule does to a list of ids. Package lookuptest checks a pattern in a
// test, and package tune derives patterns from CloudTrail.
//
// # Errors
//
// [*PatternError] says where and why Python refuses a pattern. [*BudgetError] says that a match was
// given up; it does not hold the id. The package returns no other errors, except that [ParseKind]
// refuses an unknown word.
//
// # Differences from Airflow
//
//   - A pattern of more than 64 KiB (65,536 bytes) is a PatternError. Write the prefixes that
//     ids share instead of a list of ids.
//   - A match that takes more than 2^23 steps is a BudgetError; CPython continues.
//   - \N{NAME} in a pattern is a PatternError. Write the character itself or \uXXXX.
//   - A capital letter beyond U+FFFF in a set of several characters matches as in CPython
//     3.12.8, 3.13.1 and later, and so does (?a) with a range that ends there.
//   - A part of a pattern that fails to match leaves all groups as they were. CPython guarantees
//     that only inside repeats. Elsewhere a conditional may see what a failed alternative did to a
//     group around it, and before 3.12.8 and 3.13.1 a possessive repeat does not count as a
//     repeat. So ((|a)(?(1).|a))b matches "a1b" in CPython, and (?:(\d)|){3}+\1 matches "1",
//     though not inside a group that is repeated.
//   - Letters and digits are those of Go's Unicode version, 15.0 in Go 1.26. CPython 3.11 has
//     14.0, 3.12 has 15.0 and 3.13 has 15.1.
//   - Faults in the repeats of CPython before 3.11.7 are not reproduced.
//   - A pattern that only some versions of CPython accept is a PatternError: (?t), and signs,
//     spaces and digits other than ASCII in (?(1)…). So is nesting deeper than 1,000 groups,
//     where CPython raises RecursionError at a depth that varies.
//   - A byte that is not UTF-8, in a pattern or an id, reads as U+FFFD. A lone surrogate in a
//     pattern matches nothing.
package lookup
