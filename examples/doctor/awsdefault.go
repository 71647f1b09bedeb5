package main

import (
	"cmp"
	"context"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/backend"
	kwarg "github.com/airflowsecrets/airflowsecrets/examples/internal/kwargs"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// checkAWSDefault checks the connection that Airflow's AWS operators and MWAA's log handler ask
// for without being told to.
func (d *doctor) checkAWSDefault(ctx context.Context) {
	var found []Finding
	if text, set := inEnviron(d.environ, "AIRFLOW_CONN_AWS_DEFAULT"); set && text != "aws://" {
		if _, outside := d.source.(mwaa); !outside {
			status := Warning // outside of MWAA it may be meant
			if d.caller.MWAA {
				status = Failed // MWAA's own components use it too
			}
			found = append(found, Finding{status,
				"AIRFLOW_CONN_AWS_DEFAULT is set and is not aws://, so AWS operators may not act as this role",
				"unset it, or set it to aws:// as MWAA does"})
		}
	}
	fine := "not asked for"
	mine := id{lookup.KindConnection, awsDefault}
	rule, err := d.rule(lookup.KindConnection)
	switch {
	case err != nil:
		d.skip(awsDefault, "the lookup pattern does not compile")
		return
	case d.skipOf(mine) == lookup.Asked:
		found = append(found, d.askedFor(ctx, mine))
	case d.byMWAA():
		fine = "MWAA's own pattern skips it, as long as backend_kwargs is not set"
	default:
		if there := d.listed[lookup.KindConnection]; there != nil && there.has(awsDefault) {
			fine = name(rule, awsDefault) + " exists, but is not asked for"
		}
	}
	d.setAll(awsDefault, found, fine)
}

// inEnviron returns the value of a variable.
func inEnviron(environ []string, variable string) (string, bool) {
	for _, pair := range environ {
		if value, ok := strings.CutPrefix(pair, variable+"="); ok {
			return value, true
		}
	}
	return "", false
}

// byMWAA reports whether the pattern is MWAA's own, which applies until kwargs are set.
func (d *doctor) byMWAA() bool {
	m, ok := d.source.(mwaa)
	return ok && m.kwargsAt() == "" && d.settings.Backend.ConnectionsLookupPattern == lookup.MWAAPattern
}

// askedFor is the finding about an aws_default that no pattern skips.
func (d *doctor) askedFor(ctx context.Context, mine id) Finding {
	a, known := d.answer(mine)
	if !known && d.backend != nil && !d.failed(getSecret) {
		a, known = d.ask(ctx, mine), true
	}
	switch {
	case known && a.err == nil && a.conn.Type == "aws":
		return Finding{Warning,
			a.name + " exists, so every AWS operator without an aws_conn_id uses its credentials",
			"delete it unless that is meant, and skip it: " + d.skipAdvice()}
	case known && a.came():
		do := "delete it, or store aws:// in it"
		if a.err != nil {
			do = a.err.Hint()
		}
		return Finding{Failed, a.name + " exists, but is not a connection of type aws",
			do + "; and skip it: " + d.skipAdvice()}
	case known && a.err.Reason == backend.Denied:
		return Finding{Warning, "it is asked for before every AWS call, and access is denied", d.skipAdvice()}
	}
	asked := "it is asked for"
	if known && a.err.Reason == backend.NoSecret {
		asked += ", but does not exist"
	}
	why := "no lookup pattern skips it"
	if !d.knowsPatterns() {
		why = "a provider before " + patterned + " does not know lookup patterns"
	} else if d.settings.Backend.ConnectionsLookupPattern != "" {
		why = "connections_lookup_pattern matches it"
	} else if d.hasKwargs() {
		why = "these backend_kwargs do not set connections_lookup_pattern, and on MWAA they replace " +
			"the default, which skips it"
	}
	return Finding{Warning, asked + ": " + why, d.skipAdvice()}
}

// skipAdvice is what to paste: the kwargs with a pattern that skips aws_default. If there are
// keys or unknown names among the kwargs, it is only what to add.
func (d *doctor) skipAdvice() string {
	if !d.knowsPatterns() {
		return "install apache-airflow-providers-amazon " + patterned + " or later"
	}
	pattern := lookup.MWAAPattern
	if mine := d.settings.Backend.ConnectionsLookupPattern; mine != "" {
		harmless, ok := d.harmless(lookup.KindConnection, mine)
		if !ok {
			return "rewrite connections_lookup_pattern, on which Airflow hangs, and begin it with " +
				"(?!aws_default$)"
		}
		pattern = `(?!aws_default$)(?:` + harmless + `)`
		if _, err := lookup.Compile(pattern); err != nil { // flags must come first
			return "begin connections_lookup_pattern with (?!aws_default$)"
		}
	}
	s := d.settings
	doc := &document{}
	a := s.AWS
	keys := !a.AccessKeyID.IsZero() || !a.SecretAccessKey.IsZero() || !a.SessionToken.IsZero()
	if keys || a.Role.ARN != "" || len(s.Warnings) > 0 {
		added := doc.add("connections_lookup_pattern", pattern).String()
		return "add to backend_kwargs: " + strings.Trim(added, "{}")
	}
	b := s.Backend
	doc.prefix("connections_prefix", b.ConnectionsPrefix)
	doc.add("connections_lookup_pattern", pattern)
	doc.prefix("variables_prefix", b.VariablesPrefix)
	expr, _ := d.harmless(lookup.KindVariable, b.VariablesLookupPattern)
	doc.text("variables_lookup_pattern", expr)
	doc.prefix("config_prefix", b.ConfigPrefix)
	expr, _ = d.harmless(lookup.KindConfig, b.ConfigLookupPattern)
	doc.text("config_lookup_pattern", expr)
	doc.sep(b.Sep)
	if b.ExtraConnWords != nil {
		doc.add("extra_conn_words", b.ExtraConnWords)
	}
	doc.text("region_name", a.Region)
	doc.text("profile_name", a.Profile)
	doc.text("endpoint_url", a.EndpointURL)
	if endpoint := a.ServiceEndpoints["sts"]; endpoint != "" {
		doc.add("service_config", map[string]any{"sts": map[string]any{"endpoint_url": endpoint}})
	}
	doc.text("api_version", a.APIVersion)
	doc.text("verify", a.CAFile)
	if a.InsecureSkipVerify || a.SystemCAs {
		doc.add("verify", a.SystemCAs)
	}
	if a.PlainHTTP {
		doc.add("use_ssl", false)
	}
	if strings.Contains(doc.String(), "%") {
		return "set backend_kwargs (in airflow.cfg with %% for %) to " + doc.String()
	}
	return "set backend_kwargs to " + doc.String()
}

// harmless returns a lookup pattern to paste. If Airflow hangs on expr, it is the pattern that
// lookup suggests, and ok reports whether there is one.
func (d *doctor) harmless(kind lookup.Kind, expr string) (better string, ok bool) {
	rule, err := d.rule(kind)
	if err != nil {
		return expr, true
	}
	if f := rule.Report(nil, "").Runaway; f != nil {
		return cmp.Or(f.Pattern, expr), f.Pattern != ""
	}
	return expr, true
}

// document is a JSON object whose pairs keep their order.
type document struct{ pairs []string }

// add adds a pair. Spaces in a string are escaped, so that lines are not broken within it.
func (o *document) add(name string, value any) *document {
	text := strings.ReplaceAll(kwarg.Text(value), " ", `\u0020`)
	o.pairs = append(o.pairs, kwarg.Text(name)+": "+text)
	return o
}

func (o *document) text(name, value string) {
	if value != "" {
		o.add(name, value)
	}
}

func (o *document) prefix(name string, p lookup.Prefix) {
	switch p {
	case "":
	case lookup.NoPrefix:
		o.add(name, "")
	case lookup.Disabled:
		o.add(name, nil)
	default:
		o.add(name, string(p))
	}
}

func (o *document) sep(s lookup.Sep) {
	switch s {
	case "":
	case lookup.NoSep:
		o.add("sep", "")
	default:
		o.add("sep", string(s))
	}
}

func (o *document) String() string { return "{" + strings.Join(o.pairs, ", ") + "}" }
