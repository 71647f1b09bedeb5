package backend

import (
	"cmp"
	"errors"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// hints maps each reason to general advice.
var hints = [...]string{
	Disabled:          "to enable lookups of this kind, set its prefix to something other than null",
	Skipped:           "if it should be looked up, widen the lookup pattern of its kind",
	RefusedID:         "with multi_team on, -- separates team and id; ask as that team, for the id alone",
	NoSecret:          "check the prefix, the spelling of the id, the region and the account",
	BinaryOnly:        "store it as text (SecretString)",
	EmptyConnection:   "store a connection URI or JSON in it",
	DeletionScheduled: "restore it with `aws secretsmanager restore-secret`",
	DefaultKMSKey:     "encrypt it with a customer managed key that this account may use",
	InvalidRequest:    "check the name and the version stage that were asked for",
	DecryptionFailed:  "check that its KMS key is enabled and grants kms:Decrypt to this role",
	ServiceError:      "try again; Airflow treats this as a missing secret",
	Denied:            "grant secretsmanager:GetSecretValue on the secret to this role" + denialProves,
	KMSDenied:         "grant kms:Decrypt on the secret's KMS key, in the policy of the role and in that of the key",
	Throttled:         "make fewer calls: narrow the lookup pattern, or turn on Config.Cache",
	Unreachable: "check region, DNS and route; without internet access the VPC needs an interface endpoint for " +
		"secretsmanager, with private DNS; if there is a proxy, check HTTPS_PROXY and its certificates",
	TimedOut: "in a VPC, check for a route through NAT, or for an interface endpoint for secretsmanager " +
		"whose security group allows port 443",
	BadCredentials: "check the role or keys of this process, whether they have expired, and the clock",
	ServerFailure:  "try again; if it persists, check the proxies between this process and AWS",
	Malformed:      "store a connection URI or JSON in it",
	BadPattern:     "fix the lookup pattern; until then every lookup of its kind fails",
	Failed:         "", // none; the last reason, so that the table has an element for each
}

const (
	denialProves = "; a denial neither proves nor disproves that the secret exists"

	// awsDefault is the connection that Airflow's AWS operators ask for by default.
	awsDefault = "aws_default"
)

// Hint returns one line of general advice for an operator, or "". LookupError.Hint is more
// specific, since it uses the facts of the lookup.
func (r Reason) Hint() string {
	if int(r) < len(hints) {
		return hints[r]
	}
	return ""
}

// Hint returns one line of advice for an operator: which permission, key, network setting,
// name or pattern to check. It returns "" if there is nothing to add to the error.
func (e *LookupError) Hint() string {
	if hint := e.variableHint(); hint != "" {
		return hint
	}
	if e.env {
		return e.envHint()
	}
	special := ""
	switch e.Reason {
	case Skipped:
		special = e.skipHint()
	case NoSecret:
		special = e.missHint()
	case Denied:
		special = e.deniedHint()
	case TimedOut:
		if e.limit > 0 {
			special = "Config.Timeout is " + e.limit.String() + "; " + TimedOut.Hint()
		} else if e.limit < 0 {
			special = "the deadline of the caller's context has passed; " + TimedOut.Hint()
		}
	case Malformed:
		special = e.malformedHint()
	case Failed:
		special = e.failedHint()
	}
	return cmp.Or(special, e.Reason.Hint())
}

// variables maps the prefix of an environment variable to the kind of its id.
var variables = map[string]lookup.Kind{"AIRFLOW_CONN_": lookup.KindConnection, "AIRFLOW_VAR_": lookup.KindVariable}

// variableHint returns advice for an id that is the name of an environment variable. Airflow
// writes the id in capitals there, so variableHint suggests it in lower case.
func (e *LookupError) variableHint() string {
	switch e.Reason {
	case NoSecret, Skipped, RefusedID, Denied:
	default:
		return ""
	}
	for prefix, kind := range variables {
		rest, ok := strings.CutPrefix(e.ID, prefix)
		if !ok || rest == "" || e.byName {
			continue
		}
		id := rest
		if id == strings.ToUpper(id) {
			id = strings.ToLower(id)
		}
		ask := "ask for " + shown(id)
		if kind != e.Kind {
			ask = "ask for the " + kind.String() + " " + shown(id)
		}
		hint := ask + "; " + prefix + " begins the name of an environment variable, not an id"
		if e.Reason == Denied {
			hint += "; if that is denied as well, " + e.deniedHint()
		}
		return hint
	}
	return ""
}

// envHint is Hint for an error of Env.
func (e *LookupError) envHint() string {
	switch e.Reason {
	case NoSecret:
		return "set that environment variable"
	case RefusedID:
		return "with multi_team on, ___ separates team and id; ask as that team, for the id alone"
	case Malformed:
		return e.malformedHint()
	}
	return ""
}

func (e *LookupError) skipHint() string {
	if id, doubled := e.withoutPrefix(); doubled {
		return "ask for " + shown(id) + "; the lookup pattern and the secret's name use the id without the prefix"
	}
	kwarg, field := "connections_lookup_pattern", "Config.ConnectionsLookupPattern"
	switch e.Kind {
	case lookup.KindVariable:
		kwarg, field = "variables_lookup_pattern", "Config.VariablesLookupPattern"
	case lookup.KindConfig:
		kwarg, field = "config_lookup_pattern", "Config.ConfigLookupPattern"
	}
	return "if it should be looked up, widen " + kwarg + ", here " + field
}

// withoutPrefix returns the id without the prefix, if the id begins with it.
func (e *LookupError) withoutPrefix() (id string, doubled bool) {
	id, doubled = strings.CutPrefix(e.ID, e.prefix)
	return id, doubled && e.prefix != "" && id != ""
}

// missHint recognizes the usual mistakes of a caller whose secret is not found.
func (e *LookupError) missHint() string {
	prefix := strings.TrimRight(e.prefix, "/")
	id, doubled := e.withoutPrefix()
	switch {
	case e.stage != "":
		return "check whether the secret has a version in the stage " + shown(e.stage)
	case e.byName:
		return "check the name, the region and the account; a lookup by name adds no prefix"
	case doubled:
		return "ask for " + shown(id) + "; the prefix " + shown(prefix) + " is added for you"
	case e.ID == awsDefault && e.Kind == lookup.KindConnection:
		return "do not store it: skip it with the lookup pattern " + lookup.MWAAPattern + ", which MWAA uses until backend_kwargs are set"
	case prefix == "":
		return "check the id, the region and the account; no prefix is added to the id"
	}
	return "check the prefix " + shown(prefix) + ", the spelling of the id, the region and the account"
}

func (e *LookupError) deniedHint() string {
	hint := ""
	if c, ok := e.Err.(*awsCause); ok { //nolint:errorlint // a cause is never wrapped
		switch p := c.policy; {
		case p.explicit && p.kind != "":
			hint = "an explicit deny in the " + p.kind + " forbids secretsmanager:GetSecretValue; change that policy"
		case p.explicit:
			hint = "an explicit deny forbids secretsmanager:GetSecretValue; find the policy that has it"
		case p.kind != "":
			hint = "no " + p.kind + " allows secretsmanager:GetSecretValue on the secret; grant it there"
		}
	}
	hint = cmp.Or(hint, strings.TrimSuffix(Denied.Hint(), denialProves))
	if e.ID == awsDefault && !e.byName {
		hint += "; or skip aws_default with the lookup pattern " + lookup.MWAAPattern
	}
	return hint + denialProves
}

func (e *LookupError) malformedHint() string {
	if e.Kind != lookup.KindConnection {
		if broken, ok := errors.AsType[*notJSON](e.Err); ok {
			return broken.instead
		}
		return "store JSON in it"
	}
	hint := Malformed.Hint()
	if wrong, ok := errors.AsType[*connuri.Error](e.Err); ok {
		if wrong.Field == "extra_conn_words" {
			return "fix Config.ExtraConnWords: " + wrong.Instead
		}
		hint = cmp.Or(wrong.Instead, hint)
	}
	if e.ID == awsDefault && !e.env {
		hint += "; or delete it, since aws_default is rarely needed"
	}
	return hint
}

func (e *LookupError) failedHint() string {
	switch c := e.Err.(type) { //nolint:errorlint // a cause is never wrapped
	case *awsCause:
		if c.ErrorCode() == "ValidationException" {
			return "AWS allows letters, digits and /_+=.@-! in the name of a secret"
		}
	case *cause:
		switch {
		case c.text == noRegionText:
			return "set the region: AWS_REGION, or config.WithRegion"
		case c.status > 0:
			return "check for a proxy that answers in place of AWS"
		}
	}
	return ""
}
