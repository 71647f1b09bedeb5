package main

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/export"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/findings"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// textForm is how a connection is written.
type textForm string

const (
	asExported textForm = ""
	asJSON     textForm = "json"
	asURI      textForm = "uri"
)

// What AWS takes.
var validName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9/_+=.@-]{1,512}$`) })

const (
	maxText        = 65536 // bytes
	maxDescription = 2048  // characters
)

// planner decides what becomes of each entry, without a call.
type planner struct {
	config  backend.Config
	as      textForm
	rules   map[lookup.Kind]lookup.Rule
	taken   map[string]bool // :: name of a secret → some entry has it
	secrets []*secret
}

func newPlanner(cfg backend.Config, as textForm) (*planner, error) {
	p := &planner{config: cfg, as: as, taken: map[string]bool{}, rules: map[lookup.Kind]lookup.Rule{}}
	for _, kind := range []lookup.Kind{lookup.KindConnection, lookup.KindVariable} {
		rule, err := cfg.Rule(kind)
		if err != nil {
			return nil, fmt.Errorf("the lookup pattern of %ss: %w", kind, err)
		}
		p.rules[kind] = rule
	}
	return p, nil
}

// add plans the entries of a file. k is what they are if the file does not say. The error
// is for the file as a whole.
func (p *planner) add(name string, file export.File, k export.Kind) error {
	if k == "" {
		var err error
		if k, err = kindOf(file); err != nil {
			return err
		}
	}
	for _, e := range file.Entries {
		kind := lookup.KindVariable
		if cmp.Or(e.Kind, k) == export.Connections {
			kind = lookup.KindConnection
		}
		if p.rules[kind].Prefix == lookup.Disabled {
			return fmt.Errorf("the prefix of %ss is null in the configuration, so Airflow never "+
				"asks for them; set %ss_prefix or give -%ss-prefix", kind, kind, kind)
		}
		s := &secret{File: name, Kind: kind.String(), ID: e.ID, Action: unasked}
		p.secrets = append(p.secrets, s)
		if err := p.plan(s, kind, e); err != nil {
			s.set(refused, err.Error())
		}
		if s.Name == "" && looksLikeSecret(s.ID) {
			s.ID = "[redacted, not an id]"
		}
	}
	return nil
}

// plan fills in a secret. The error says why there can be none.
func (p *planner) plan(s *secret, kind lookup.Kind, e export.Entry) error {
	if err := p.name(s, kind); err != nil {
		return err
	}
	var err error
	if kind == lookup.KindConnection {
		err = p.connection(s, e)
	} else {
		err = p.variable(s, e)
	}
	if err != nil {
		return err
	}
	switch n := len(s.text.Reveal()); {
	case n == 0:
		return errors.New("it is empty, and AWS keeps no empty secret")
	case n > maxText:
		return fmt.Errorf("it has %d bytes, AWS takes %d", n, maxText)
	}
	switch n := utf8.RuneCountInString(s.description); {
	case n > maxDescription:
		s.description = ""
		s.note(fmt.Sprintf("description: lost, it has %d characters and AWS takes %d", n, maxDescription))
	case n > 0:
		s.note("description: kept as that of the secret, Airflow does not read it back")
	}
	return nil
}

// name finds the name of the secret, and whether anybody would ask for it.
func (p *planner) name(s *secret, kind lookup.Kind) error {
	rule := p.rules[kind]
	plan, err := rule.Plan(s.ID, "")
	switch {
	case err != nil:
		s.note("nobody would read it: the lookup pattern takes too many steps for this id")
	case plan.Skip != lookup.Asked:
		s.note("nobody would read it: " + plan.Skip.String())
	}
	name := rule.Path() + s.ID
	switch {
	case s.ID == "":
		return errors.New("the id is empty; write the id that Airflow asks for")
	case strings.HasPrefix(name, "arn:"):
		return errors.New("the prefix is an ARN, by which secrets can be read and not created: " +
			"give one that is a name, in the account of the secrets")
	case !validName().MatchString(name):
		return errors.New("AWS forbids the name: letters, digits and /_+=.@- are allowed, up to " +
			"512 of them")
	case p.taken[name]:
		return errors.New("another one has the same name")
	}
	p.taken[name] = true
	s.Name = name
	return nil
}

func (p *planner) connection(s *secret, e export.Entry) error {
	exported, err := e.Connection(p.config.Dialect)
	if err != nil {
		return err
	}
	text, err := e.Text()
	isURI := err == nil && !strings.HasPrefix(strings.TrimSpace(text), "{")
	if !isURI || p.as == asJSON {
		text = export.SecretJSON(exported).Reveal()
	}
	if p.as == asURI && !isURI {
		text = exported.URI()
	}
	read, err := p.config.Parse(text)
	if err != nil {
		return fmt.Errorf("it would be refused by Airflow: %w", err)
	}
	lost, changed := differences(exported, read)
	if len(lost) > 0 {
		return fmt.Errorf("it would be read back with another %s; -as json keeps more than -as uri, "+
			"an export to JSON more than one to .env", strings.Join(lost, ", "))
	}
	s.Notes = append(s.Notes, changed...)
	for _, finding := range findings.Of(text, p.config.ExtraConnWords, read) {
		s.note(finding.String())
	}
	s.text, s.connection, s.description = connuri.NewSecret(text), read, exported.Description
	return nil
}

// differences are the fields that Airflow reads back otherwise, and what changes
// without harm. The description is known to be lost.
func differences(exported, read connuri.Connection) (lost, changed []string) {
	lost = differing(exported, read)
	if i := slices.Index(lost, "conn_type"); i >= 0 && normalized(exported.Type) == read.Type {
		lost = slices.Delete(lost, i, i+1)
		changed = append(changed, "conn_type: Airflow reads it back with postgres for postgresql "+
			"and _ for -, as it does outside its database")
	}
	return lost, changed
}

// differing are the names of the fields in which two connections differ to their users.
func differing(a, b connuri.Connection) (names []string) {
	for _, f := range []struct {
		name string
		same bool
	}{
		{"conn_type", a.Type == b.Type},
		{"host", a.Host == b.Host},
		{"port", a.Port == b.Port},
		{"login", a.Login == b.Login},
		{"password", a.Password.Reveal() == b.Password.Reveal()},
		{"schema", a.Schema == b.Schema},
		{"extra", a.Extra.Reveal() == b.Extra.Reveal()},
	} {
		if !f.same {
			names = append(names, f.name)
		}
	}
	return names
}

// normalized is the type as Airflow reads it from URIs and JSON.
func normalized(connType string) string {
	if connType == "postgresql" {
		return "postgres"
	}
	return strings.ReplaceAll(connType, "-", "_")
}

func (p *planner) variable(s *secret, e export.Entry) error {
	variable, err := e.Variable()
	if err != nil {
		return err
	}
	if variable.Whole {
		s.note("an object with a value and no description is stored whole, as Airflow 2 exports " +
			"it; airflow variables import keeps the value alone")
	}
	s.text, s.description = variable.Text, variable.Description
	return nil
}
