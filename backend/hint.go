package backend

import (
	"errors"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// awsDefault is the connection that Airflow's AWS operators ask for by
// themselves.
const awsDefault = "aws_default"

// Hint is one line on what to do about it, for an operator: the permission, the
// key, the network, the name or the pattern to look at. "" where the error says
// all there is.
func (e *LookupError) Hint() string {
	if e.env {
		return e.envHint()
	}
	switch e.Reason {
	case Disabled:
		return "give the kind a prefix other than null to switch it on"
	case Skipped:
		if id, doubled := e.withoutPrefix(); doubled {
			return "ask for " + shown(id) + "; the lookup pattern and the secret's name go by the bare id"
		}
		kwarg := map[lookup.Kind]string{lookup.Connection: "connections", lookup.Variable: "variables", lookup.Config: "config"}[e.Kind] + "_lookup_pattern"
		return "if it should be asked for, widen " + kwarg + ", or that kind's field of Config"
	case RefusedID:
		return "with multi_team on, -- stands between team and id; ask as that team, for the id alone"
	case NoSecret:
		return e.missHint()
	case BinaryOnly:
		return "store it as text (SecretString)"
	case EmptyConnection:
		return "store a connection URI or JSON in it"
	case DeletionScheduled:
		return "bring it back with `aws secretsmanager restore-secret`"
	case DefaultKMSKey:
		return "encrypt it with a customer managed key that this account may use"
	case InvalidRequest:
		return "look at the name and the version stage that were asked for"
	case DecryptionFailed:
		return "see that its KMS key is enabled and grants kms:Decrypt to this role"
	case ServiceError:
		return "try again; Airflow takes this for a missing secret"
	case Denied:
		return e.deniedHint()
	case KMSDenied:
		return "grant kms:Decrypt on the secret's KMS key, in the policy of the role and in that of the key"
	case Throttled:
		return "call less often: narrow the lookup pattern, or keep what was read"
	case Unreachable:
		return "look at region, DNS and route; without internet access the VPC needs an interface endpoint for secretsmanager, with private DNS; behind a proxy look at HTTPS_PROXY and its certificates"
	case TimedOut:
		limit := ""
		if e.limit > 0 {
			limit = " (Config.Timeout is " + e.limit.String() + ")"
		}
		return "nothing came in time" + limit + "; in a VPC look for a route through NAT or an interface endpoint for secretsmanager whose security group lets port 443 in"
	case BadCredentials:
		return "look at the role or keys that this process has, whether they are expired, and at its clock"
	case ServerFailure:
		return "try again; look at proxies on the way if it stays"
	case Failed:
		return e.failedHint()
	case Malformed:
		if e.Kind != lookup.Connection {
			return "store JSON in it"
		}
		if field, ok := errors.AsType[*connuri.Error](e.Err); ok && field.Field == "extra_conn_words" {
			return "mend Config.ExtraConnWords"
		}
		if e.ID == awsDefault {
			return "connuri.Lint says what to write instead; or delete it, aws_default is mostly not needed"
		}
		return "connuri.Lint says what to write instead"
	}
	return ""
}

// envHint is Hint for the environment.
func (e *LookupError) envHint() string {
	switch e.Reason {
	case NoSecret:
		return "set that environment variable"
	case RefusedID:
		return "with multi_team on, ___ stands between team and id; ask as that team, for the id alone"
	case Malformed:
		return "connuri.Lint says what to write instead"
	}
	return ""
}

// withoutPrefix is the id without the prefix that it need not have.
func (e *LookupError) withoutPrefix() (id string, doubled bool) {
	id, doubled = strings.CutPrefix(e.ID, e.prefix)
	return id, doubled && e.prefix != "" && id != ""
}

// missHint tells the usual mistakes in asking from a secret that is not there.
func (e *LookupError) missHint() string {
	prefix := strings.TrimRight(e.prefix, "/")
	id, doubled := e.withoutPrefix()
	switch {
	case e.stage != "":
		return "look whether the secret has a version in the stage " + shown(e.stage)
	case e.byName:
		return "look at the name, the region and the account; Secret adds no prefix"
	case doubled:
		return "ask for " + shown(id) + "; the prefix " + shown(prefix) + " is added for you"
	case e.ID == awsDefault && e.Kind == lookup.Connection:
		return "no need to store it: skip it with the lookup pattern ^(?!aws_default$).*$, which MWAA has by default until backend_kwargs are set"
	case prefix == "":
		return "no prefix is added to the id; look at it, the region and the account"
	}
	return "look at the prefix " + shown(prefix) + ", the spelling of the id, the region and the account"
}

func (e *LookupError) failedHint() string {
	switch c := e.Err.(type) { //nolint:errorlint // a cause is never wrapped
	case *awsCause:
		if c.ErrorCode() == "ValidationException" {
			return "AWS takes letters, digits and /_+=.@-! in the name of a secret"
		}
	case *cause:
		switch {
		case c.text == noRegionText:
			return "set the region: AWS_REGION, or config.WithRegion"
		case c.status > 0:
			return "a proxy on the way may have answered in the place of AWS"
		}
	}
	return ""
}

func (e *LookupError) deniedHint() string {
	hint := "grant secretsmanager:GetSecretValue on the secret to this role"
	if c, ok := e.Err.(*awsCause); ok { //nolint:errorlint // a cause is never wrapped
		switch p := c.policy; {
		case p.explicit && p.kind != "":
			hint = "an explicit deny in the " + p.kind + " forbids secretsmanager:GetSecretValue; change that policy"
		case p.explicit:
			hint = "an explicit deny forbids secretsmanager:GetSecretValue; find the policy with it"
		case p.kind != "":
			hint = "no " + p.kind + " allows secretsmanager:GetSecretValue on the secret; grant it there"
		}
	}
	if e.ID == awsDefault && !e.byName {
		hint += "; or skip aws_default with the lookup pattern ^(?!aws_default$).*$"
	}
	return hint + "; a denial neither proves nor disproves that the secret exists"
}
