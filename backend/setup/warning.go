package setup

import "fmt"

// Warning is a probable mistake in a configuration that works. Airflow ignores most of them
// silently.
//
// The rules are:
//
//	misspelled      a section, option, variable or kwarg has no effect; Meant is the likely name
//	unknown-kwarg   nothing reads a kwarg
//	no-effect       a known name has no effect, at least here; the text says what to use
//	dropped         this version of the provider reads a kwarg, but 9.0 does not; Meant is what both read
//	needs-role      a kwarg has no effect without role_arn
//	no-backend      kwargs have no effect, since their backend is not set
//	ignored-kwargs  the kwargs are not a JSON object, so the defaults apply
//	pattern         a lookup pattern does not compile, so every lookup of its kind fails
//	words           extra_conn_words names an unknown field, so every JSON secret fails
//	not-boolean     text or a number where true or false belongs
//	region          AWS_REGION and AWS_DEFAULT_REGION differ
//	version         the rules of a version are unknown or not followed here
//	variable        only an MWAA environment can expand a $VARIABLE
type Warning struct {
	Kwarg string // the kwarg, such as session_kwargs.region_name; "" if the warning is about something else
	Rule  string // one of the rules in the doc of Warning
	Text  string // the whole warning in one line
	Meant string // the name to write instead, as it is spelled there; "" if none is likely
}

// String returns Text.
func (w Warning) String() string { return w.Text }

func (n *notes) warn(kwarg, rule, format string, args ...any) {
	n.warnings = append(n.warnings, Warning{Kwarg: kwarg, Rule: rule, Text: fmt.Sprintf(format, args...)})
}

// misspelled warns of a name that has no effect.
func (n *notes) misspelled(kwarg, shown, meant string) {
	n.warnings = append(n.warnings, Warning{
		Kwarg: kwarg, Rule: "misspelled", Meant: meant,
		Text: fmt.Sprintf("%s does nothing; did you mean %s?", shown, meant),
	})
}
