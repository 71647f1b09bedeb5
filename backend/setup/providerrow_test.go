package setup_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/airflowsecrets/airflowsecrets/backend"
	"github.com/airflowsecrets/airflowsecrets/backend/secretsmanagertest"
	"github.com/airflowsecrets/airflowsecrets/backend/setup"
	"github.com/airflowsecrets/airflowsecrets/connuri/connuritest"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// providerRow is a whole lookup through an old provider.
type providerRow struct {
	Provider string
	Also     []string
	Kwargs   json.RawMessage
	Secrets  map[string]secretRow
	Kind, ID string
	Calls    []string
	Result   connuritest.Answer
	Wire     *wireRow
	In9      connuritest.Answer `json:"in_9"`

	unknown bool // the calls of 9.0.0 are unknown
}

// secretRow is what Secrets Manager has under a name: a text, bytes, or an error.
type secretRow struct {
	String  *string
	Binary  []byte
	Error   string
	Message string
	Status  int
	Network bool
}

type wireRow struct {
	URL      string
	SignedBy string `json:"signed_by"`
	STS      []struct{ Params map[string]string }
}

// airflowOf maps the provider to the Airflow with which it was recorded.
var airflowOf = map[string]string{"8.16.0": "2.8.1", "8.24.0": "2.9.2", "8.28.0": "2.10.3", "9.0.0": "2.10.3"}

func (r providerRow) judge(srv *secretsmanagertest.Server, dir string) (v connuritest.Verdict) {
	defer kwargsRow{}.environment(dir)()
	defer srv.Reset()
	for name, s := range r.Secrets {
		switch {
		case s.Error != "":
			srv.Inject(secretsmanagertest.Fault{Name: name, Code: s.Error, Message: s.Message, Status: s.Status})
		case s.String != nil:
			srv.Set(name, *s.String)
		case s.Binary != nil:
			srv.SetBinary(name, s.Binary)
		}
	}
	for _, provider := range append([]string{r.Provider}, r.Also...) {
		fault, choices := r.lookUp(srv, provider)
		v.Add(provider, fault, choices...)
	}
	fault, choices := r.in9().lookUp(srv, "9.0.0")
	v.Add("9.0.0", fault, choices...)
	return v
}

// in9 returns the row with the answer of 9.0.0, which has another result or fails differently. A
// result does not say which calls led to it. They are those of the older provider, unless it
// failed before its first call.
func (r providerRow) in9() providerRow {
	if !r.In9.IsRecorded() {
		return r
	}
	var wire struct{ Wire *wireRow }
	if json.Unmarshal(r.In9.Raw, &wire) == nil && wire.Wire != nil {
		r.Wire = wire.Wire
	} else {
		r.Result, r.Wire = r.In9, nil
		r.unknown = len(r.Calls) == 0
	}
	return r
}

func (r providerRow) lookUp(srv *secretsmanagertest.Server, provider string) (fault string, choices []string) {
	s, err := setup.Versions{Airflow: airflowOf[provider], Provider: provider}.ParseKwargs(r.Kwargs)
	w := &wire{srv: srv, down: map[string]bool{}}
	for name, secret := range r.Secrets {
		w.down[name] = secret.Network
	}
	var b *backend.Backend
	if err == nil {
		var client backend.Client
		client, err = s.Client(context.Background(), config.WithHTTPClient(w), config.WithRetryer(func() aws.Retryer { return aws.NopRetryer{} }))
		if err == nil {
			b, err = backend.New(client, s.Backend)
		}
	}
	switch { // Airflow fails when it makes the client, which a lookup without calls does not need
	case err == nil:
	case len(r.Calls) > 0, r.Result.Err == "" && !r.Result.IsNull():
		return "refused: " + err.Error(), nil
	case r.Result.IsNull():
		return "", []string{early}
	default:
		return "", nil
	}
	if fault, choices = r.compareResult(b); fault == "" {
		fault = r.compareWire(w)
	}
	return fault, choices
}

func (r providerRow) compareResult(b *backend.Backend) (fault string, choices []string) {
	if r.Kind == "conn_value" {
		value, err := b.GetConnValue(context.Background(), r.ID)
		if failed, ok := errors.AsType[*backend.LookupError](err); ok && failed.Swallowed() && r.Result.IsNull() {
			return "", nil
		}
		return connuritest.CompareText(r.Kind, r.Result, value, err), nil
	}
	kinds := map[string]lookup.Kind{"connection": lookup.KindConnection, "variable": lookup.KindVariable, "config": lookup.KindConfig}
	answer, err := b.Lookup(context.Background(), backend.Query{Kind: kinds[r.Kind], ID: r.ID})
	failed, _ := errors.AsType[*backend.LookupError](err)
	switch swallowed := failed != nil && failed.Swallowed(); {
	case swallowed != r.Result.IsNull():
		return fmt.Sprintf("None, or not: %v", err), nil
	case swallowed:
		return "", nil
	case r.Kind != "connection":
		return connuritest.CompareText(r.Kind, r.Result, answer.Text.Reveal(), err), nil
	case failed != nil && failed.Err != nil:
		err = failed.Err
	}
	return connuritest.Compare(r.Result, answer.Connection, err)
}

func (r providerRow) compareWire(w *wire) (fault string) {
	var calls []string
	for _, got := range w.asked {
		calls = append(calls, got.secret)
	}
	switch {
	case !r.unknown:
		if !slices.Equal(calls, r.Calls) {
			return "other secrets asked for"
		}
	case r.Result.Err == "" && !r.Result.IsNull(): // the last of them returned it
		if len(calls) == 0 {
			return "the secret was not asked for"
		}
		if _, there := r.Secrets[calls[len(calls)-1]]; !there {
			return "another secret was asked for last"
		}
	}
	if r.Wire == nil || r.Wire.URL == "" {
		return ""
	}
	if len(w.asked) == 0 {
		return "no secret asked for"
	}
	if got := w.asked[0]; got.url != r.Wire.URL || got.signedBy != r.Wire.SignedBy {
		return fmt.Sprintf("%+v where %+v is expected", got, *r.Wire)
	}
	if len(w.sts) != len(r.Wire.STS) {
		return fmt.Sprintf("%d calls of STS where Airflow makes %d", len(w.sts), len(r.Wire.STS))
	}
	for i, want := range r.Wire.STS {
		for name, value := range want.Params {
			if w.sts[i].form.Get(name) != value {
				return "sts: " + name + " differs"
			}
		}
		if len(w.sts[i].form) != len(want.Params)+1 { // one more, Version
			return "sts: other parameters"
		}
	}
	return ""
}
