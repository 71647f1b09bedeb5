package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/backend/setup"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/export"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/cli"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/findings"
	"github.com/airflowsecrets/airflowsecrets/examples/internal/term"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// leave writes the secrets of one kind as Airflow exports them.
func leave(ctx context.Context, o options, settings setup.Settings, stdout, stderr io.Writer) error {
	s, err := o.target.open(ctx, settings)
	if err != nil {
		return err
	}
	defer s.close()
	b, err := backend.New(s.client, settings.Backend)
	if err != nil {
		return err
	}
	out := outFile{o.out, stdout}
	if err = out.check(); err != nil {
		return err
	}
	l := leaver{kind: lookup.KindVariable, format: o.format, stderr: stderr,
		words: settings.Backend.ExtraConnWords}
	if o.kind == export.Connections {
		l.kind = lookup.KindConnection
	}
	if err = l.collect(ctx, b, s.client); err != nil {
		return err
	}
	doc, err := l.document()
	if err != nil {
		return err
	}
	if o.out == "-" && term.IsTerminal(stdout) && !bytes.HasSuffix(doc, []byte("\n")) {
		doc = append(doc, '\n') // for what follows; a pipe gets the bytes that Airflow writes
	}
	if err = out.write(doc); err != nil {
		return err
	}
	noun := count(len(l.connections)+len(l.variables), l.kind.String(), l.kind.String()+"s")
	where := "standard output"
	if o.out != "-" {
		where = shown(o.out)
	}
	say(stderr, "wrote "+noun+" to "+where)
	if l.refused > 0 {
		return errSaid
	}
	return nil
}

// widestID is how many cells of an id a message shows.
const widestID = 60

// leaver collects what is written.
type leaver struct {
	kind        lookup.Kind
	format      export.Format
	words       connuri.ConnWords
	stderr      io.Writer
	connections []connuri.Connection
	variables   []export.Variable
	refused     int
}

// collect reads the secrets under the prefix.
func (l *leaver) collect(ctx context.Context, b *backend.Backend, client *secretsmanager.Client) error {
	var ids []string
	names, skipped, done := map[string]string{}, 0, 0
	for listed, err := range b.List(ctx, l.kind) {
		switch {
		case errors.Is(err, errors.ErrUnsupported):
			return fmt.Errorf("the prefix of %ss is null, or an ARN, which cannot be listed; "+
				"give -%ss-prefix", l.kind, l.kind)
		case err != nil:
			return errors.New("the secrets cannot be listed: " + listFailed(err))
		case listed.Skip != lookup.Asked:
			skipped++
		default:
			ids = append(ids, listed.ID)
			names[listed.ID] = listed.Name
		}
	}
	if skipped > 0 {
		say(l.stderr, "note: "+count(skipped, "secret is", "secrets are")+" left out, since a "+
			"lookup would not ask for the id")
	}
	described, err := descriptions(ctx, client, names)
	if err != nil {
		return err
	}
	for answer, err := range b.LookupAll(ctx, l.kind, ids) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		id := ids[done]
		done++
		if failure, ok := errors.AsType[*backend.LookupError](err); ok && failure.Reason == backend.Denied {
			answer, err = b.Lookup(ctx, backend.Query{Kind: l.kind, ID: id}) // a batch has a permission of its own
		}
		if err == nil {
			err = l.add(id, answer, described[names[id]])
		}
		if err != nil {
			l.refused++
			say(l.stderr, "refused: "+cli.Shorten(term.Printable(id), widestID)+": "+reasonOf(err))
		}
	}
	return nil
}

// listFailed is why a list failed. It names no id, since a list is not of one.
func listFailed(err error) string {
	if failure, ok := errors.AsType[*backend.LookupError](err); ok {
		return explained(failure)
	}
	return err.Error()
}

// reasonOf is an error without the id that the line begins with.
func reasonOf(err error) string {
	if failure, ok := errors.AsType[*backend.LookupError](err); ok {
		return failure.Reason.String()
	}
	if inner := errors.Unwrap(err); inner != nil {
		return inner.Error()
	}
	return err.Error()
}

// add keeps a connection or variable if Airflow would import it as it is.
func (l *leaver) add(id string, answer backend.Answer, description string) error {
	if l.kind == lookup.KindConnection {
		c, text := answer.Connection, answer.Text.Reveal()
		isURI := !strings.HasPrefix(strings.TrimSpace(text), "{")
		if isURI && c.Type == "" && !strings.HasPrefix(text, "//") {
			return errors.New("the text has no conn_type before ://, so Airflow reads all of it as " +
				"the schema; store conn-type://login:password@host:port/schema")
		}
		c.ID, c.Description = id, description
		c.Empty &^= connuri.EmptyDescription
		if _, err := export.WriteConnections(l.format, []connuri.Connection{c}); err != nil {
			return err
		}
		l.connections = append(l.connections, c)
		for _, finding := range findings.Of(text, l.words, answer.Connection) {
			say(l.stderr, "note: "+cli.Shorten(term.Printable(id), widestID)+": "+finding.String())
		}
		return nil
	}
	v := export.Variable{Key: id, Text: answer.Text, Description: description}
	if _, err := export.WriteVariables(l.format, []export.Variable{v}); err != nil {
		return err
	}
	l.variables = append(l.variables, v)
	return nil
}

func (l *leaver) document() ([]byte, error) {
	if l.kind == lookup.KindConnection {
		return export.WriteConnections(l.format, l.connections)
	}
	return export.WriteVariables(l.format, l.variables)
}

// descriptions are those of the named secrets, by name. They are in the list, not in what is read.
func descriptions(ctx context.Context, client *secretsmanager.Client, names map[string]string) (map[string]string, error) {
	all := map[string]string{}
	if len(names) == 0 {
		return all, nil
	}
	var prefix string
	wanted := make(map[string]bool, len(names))
	for _, name := range names {
		wanted[name] = true
		prefix = name
	}
	for name := range wanted {
		prefix = commonPrefix(prefix, name)
	}
	in := &secretsmanager.ListSecretsInput{}
	if prefix != "" {
		in.Filters = []types.Filter{{Key: types.FilterNameStringTypeName, Values: []string{prefix}}}
	}
	for pages := secretsmanager.NewListSecretsPaginator(client, in); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			return nil, errors.New("the descriptions cannot be listed: the second list of the " +
				"secrets failed")
		}
		for _, entry := range page.SecretList {
			if entry.Name != nil && entry.Description != nil && wanted[*entry.Name] {
				all[*entry.Name] = *entry.Description
			}
		}
	}
	return all, nil
}

func commonPrefix(a, b string) string {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return a[:n]
}
