// Package lookup says which secrets in AWS Secrets Manager an Airflow connection, variable or configuration id reaches, or why none is
// asked for, as Airflow's SecretsManagerBackend decides it: prefix, separator, lookup pattern, team. It makes no call and
// knows nothing of AWS.
//
//	rule := lookup.Rule{Pattern: lookup.MustCompile(lookup.MWAAPattern)}
//	plan, err := rule.Plan("smtp_default", "")
//	fmt.Println(plan) // asks airflow/connections/smtp_default
//
// # Patterns
//
// A lookup pattern is a Python regular expression, matched as re.match(pattern, id, re.IGNORECASE) on the bare id, never on the path.
// [Compile] reads the dialect of CPython 3.11 to 3.13 whole, look-arounds, back-references and conditionals too. A compile and a match
// take some tenths of a second and 80 MB at most, whatever the pattern and the id. Matching takes time linear in the id, but for
// back-references, conditionals and patterns of more than some 10,000 instructions; what would take more than 2^23 steps, those or
// a pattern of thousands of parts on an id of thousands of characters, ends in a [*BudgetError]. [Pattern.Within] bounds many
// matches together. [Rule.Lint] says what a reader of a pattern would miss, also
// that CPython, which backtracks, hangs on some id though this package does not: rule runaway. [Rule.Report] says
// what it does to a list of ids; package lookuptest holds a pattern to it in a test, and package tune finds patterns in what CloudTrail
// has seen.
//
// # Errors
//
// [*PatternError] says where and why Python would refuse a pattern. [*BudgetError] says that a match was given up, and does not
// hold the id. There are no others.
//
// # Differences from Airflow
//
//   - A pattern of more than 64 KiB (65,536 bytes) is refused, by name: write the beginnings that ids share instead of a list of ids.
//   - A match that takes more than 2^23 steps is given up, by name, where CPython goes on.
//   - \N{NAME} in a pattern is refused, by name: write the character or \uXXXX.
//   - A capital letter beyond U+FFFF in a set of several matches, and (?a) holds also for a range that ends there, as from CPython 3.12.8 and
//     3.13.1 on.
//   - What fails leaves groups as they were. CPython sees to that inside of repeats only: elsewhere a conditional may see what a failed
//     alternative did to a group around it, and before 3.12.8 and 3.13.1 a possessive repeat does not count as one. So ((|a)(?(1).|a))b matches
//     "a1b" there, and (?:(\d)|){3}+\1 matches "1", though not inside a group that is repeated.
//   - Letters and digits are those of the Unicode version Go has, 15.0 in Go 1.26; CPython 3.11 has 14.0, 3.12 has 15.0 and 3.13 has 15.1.
//   - Releases of CPython before 3.11.7 have faults in repeats, which are not followed.
//   - Patterns over whose validity CPython's versions differ are refused: (?t), signs, spaces and digits other than ASCII in (?(1)…). So is
//     nesting deeper than 1,000 groups, where CPython raises RecursionError sooner or later.
//   - A byte that is not UTF-8, in a pattern or an id, reads as U+FFFD; a lone surrogate in a pattern matches nothing.
package lookup
