package setup

import "fmt"

// Warning is one thing that works and is probably not what was meant. Airflow says nothing
// about most of them.
//
// The rules are:
//
//	misspelled      a section, option, variable or kwarg that does nothing; Meant is the likely name
//	unknown-kwarg   a kwarg that nothing reads
//	no-effect       a known name that does nothing, or not here; the text says what to use
//	dropped         a kwarg that this version of the provider reads, and 9.0 does not; Meant is what both read
//	needs-role      a kwarg that does nothing without role_arn
//	no-backend      kwargs that do nothing, since no backend is set beside them
//	ignored-kwargs  the kwargs are not a JSON object, and the defaults are in force
//	pattern         a lookup pattern does not compile, so every lookup of its kind fails
//	words           extra_conn_words names no field, so every JSON secret fails
//	not-boolean     text or a number where true or false belongs
//	region          AWS_REGION and AWS_DEFAULT_REGION differ
//	version         a version whose rules are not known, or not followed here
//	variable        a $VARIABLE that only an MWAA environment can expand
type Warning struct {
	Kwarg string // the kwarg, such as session_kwargs.region_name; "" if it is about something else
	Rule  string // a short name to tell warnings apart
	Text  string // the whole warning in one line
	Meant string // the name to write instead, as its place spells it; "" if none is likely
}

// String is the text.
func (w Warning) String() string { return w.Text }

func (n *notes) warn(kwarg, rule, format string, args ...any) {
	n.warnings = append(n.warnings, Warning{Kwarg: kwarg, Rule: rule, Text: fmt.Sprintf(format, args...)})
}

// misspelled warns of a name that does nothing.
func (n *notes) misspelled(kwarg, shown, meant string) {
	n.warnings = append(n.warnings, Warning{
		Kwarg: kwarg, Rule: "misspelled", Meant: meant,
		Text: fmt.Sprintf("%s does nothing; did you mean %s?", shown, meant),
	})
}
