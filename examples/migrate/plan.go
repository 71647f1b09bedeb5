package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/export"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/findings"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// form is how a connection is written.
type form string

const (
	asExported form = ""
	asJSON     form = "json"
	asURI      form = "uri"
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
	as      form
	rules   map[lookup.Kind]lookup.Rule
	taken   map[string]bool // :: name of a secret → some entry has it
	secrets []*secret
}

func newPlanner(cfg backend.Config, as form) (*planner, error) {
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

// add plans the entries of a file. The error is for the file as a whole.
func (p *planner) add(name string, file export.File, k export.Kind) error {
	if k == "" {
		k = file.Kind()
		isNone := func(e export.Entry) bool { return !e.IsURI() }
		if k == export.Secrets && len(file.Entries) > 0 && !slices.ContainsFunc(file.Entries, isNone) {
			return errors.New("every value is a URI, so they may be connections or variables: say -kind connections or -kind variables")
		}
		if k == export.Variables && slices.ContainsFunc(file.Entries, export.Entry.IsConnection) {
			return errors.New("some of it are connections and some are not: say -kind connections or -kind variables")
		}
	}
	kind := lookup.KindVariable // strings alone are variables too: no export holds secrets
	if k == export.Connections {
		kind = lookup.KindConnection
	} else if file.Env {
		return errors.New("variables are read from JSON alone, which is all that airflow variables export writes")
	}
	if p.rules[kind].Prefix == lookup.Disabled {
		return fmt.Errorf("the prefix of %ss is null in the configuration, so Airflow never asks for them; set %ss_prefix or give -%ss-prefix", kind, kind, kind)
	}
	for _, e := range file.Entries {
		s := &secret{File: name, Kind: kind.String(), ID: e.ID, Action: unasked}
		p.secrets = append(p.secrets, s)
		if err := p.plan(s, kind, e); err != nil {
			s.set(refused, err.Error())
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
	case strings.HasPrefix(name, "arn:"):
		return errors.New("the prefix is an ARN, by which secrets can be read and not created: give one that is a name, in the account of the secrets")
	case !validName().MatchString(name):
		return errors.New("AWS forbids the name: letters, digits and /_+=.@- are allowed, up to 512 of them")
	case p.taken[name]:
		return errors.New("another one has the same name")
	}
	p.taken[name] = true
	s.Name = name
	return nil
}

func (p *planner) connection(s *secret, e export.Entry) error {
	exported, text, err := e.Connection()
	if err != nil {
		return err
	}
	isURI := !strings.HasPrefix(text, "{")
	if isURI && exported.Type == "" && !strings.HasPrefix(text, "//") { // which is how Airflow exports one without a type
		return errors.New("the URI has no conn_type before ://, so Airflow would read all of it as the schema")
	}
	switch {
	case p.as == asJSON && isURI:
		text = jsonText(exported)
	case p.as == asURI && !isURI:
		text = exported.URI()
	}
	read, err := p.config.Parse(text)
	if err != nil {
		return fmt.Errorf("it would be refused by Airflow: %w", err)
	}
	lost, changed := differences(exported, read)
	if len(lost) > 0 {
		return fmt.Errorf("it would be read back with another %s; -as json keeps more than -as uri, an export to JSON more than one to .env", strings.Join(lost, ", "))
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
	for _, f := range []struct {
		name string
		same bool
	}{
		{"host", exported.Host == read.Host},
		{"port", exported.Port == read.Port},
		{"login", exported.Login == read.Login},
		{"password", exported.Password.Reveal() == read.Password.Reveal()},
		{"schema", exported.Schema == read.Schema},
		{"extra", exported.Extra.Reveal() == read.Extra.Reveal()},
	} {
		if !f.same {
			lost = append(lost, f.name)
		}
	}
	switch {
	case exported.Type == read.Type:
	case normalized(exported.Type) == read.Type:
		changed = append(changed, "conn_type: Airflow reads it back with postgres for postgresql and _ for -, as it does outside its database")
	default:
		lost = append(lost, "conn_type")
	}
	return lost, changed
}

// normalized is the type as Airflow reads it from URIs and JSON.
func normalized(connType string) string {
	if connType == "postgresql" {
		return "postgres"
	}
	return strings.ReplaceAll(connType, "-", "_")
}

// jsonText writes a connection that came as a URI.
func jsonText(c connuri.Connection) string {
	members := map[string]any{}
	for name, text := range map[string]string{"conn_type": c.Type, "host": c.Host, "login": c.Login, "schema": c.Schema, "extra": c.Extra.Reveal()} {
		if text != "" {
			members[name] = text
		}
	}
	if !c.Password.IsZero() {
		members["password"] = c.Password.Reveal()
	}
	if c.Port != 0 {
		members["port"] = c.Port
	}
	doc, err := json.Marshal(members)
	if err != nil {
		panic(err) // text and numbers always marshal
	}
	return string(doc)
}

func (p *planner) variable(s *secret, e export.Entry) error {
	text, description, asIs, err := e.VariableText()
	if err != nil {
		return err
	}
	if asIs {
		s.note("an object with a value and no description is stored whole, as Airflow 2 exports it; airflow variables import keeps the value alone")
	}
	s.text, s.description = connuri.NewSecret(text), description
	return nil
}
