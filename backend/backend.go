package backend

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// Client is the one AWS call that a Backend makes. *secretsmanager.Client is
// one, and so is secretsmanagertest.Map.
type Client interface {
	GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error)
}

var _ Client = (*secretsmanager.Client)(nil)

// Backend looks ids up in AWS Secrets Manager by the rules of Airflow's
// SecretsManagerBackend. It is safe for concurrent use and needs no closing.
type Backend struct {
	client Client
	cfg    Config
	team   string
	rules  [3]rule // :: kind → its rule
}

// rule is a lookup.Rule, or one whose pattern does not compile.
type rule struct {
	lookup.Rule
	broken error
}

// New makes a Backend. No call is made yet. It fails without a client and for a
// negative timeout. A lookup pattern that does not compile is an error of that
// kind's lookups only, as in Airflow.
func New(client Client, cfg Config) (*Backend, error) {
	if client == nil {
		return nil, errors.New("backend: New needs a client")
	}
	if cfg.Timeout < 0 {
		return nil, errors.New("backend: Config.Timeout is negative")
	}
	b := &Backend{client: client, cfg: cfg}
	for kind, r := range cfg.rules() {
		pattern, err := lookup.Compile(r.expr)
		b.rules[kind] = rule{
			Rule:   lookup.Rule{Kind: lookup.Kind(kind), Prefix: r.prefix, Sep: cfg.Sep, Pattern: pattern, MultiTeam: cfg.MultiTeam},
			broken: err,
		}
	}
	return b, nil
}

// Team is the same Backend as one team sees it: its own secrets come before
// those for all. The name "" is no team.
func (b *Backend) Team(name string) *Backend {
	team := *b
	team.team = name
	return &team
}

// Query says what to look up.
type Query struct {
	Kind  lookup.Kind // lookup.Connection, lookup.Variable or lookup.Config
	ID    string      // conn_id, variable key or config key, without the prefix
	Team  string      // "" is the team of the Backend, mostly none
	Stage string      // the version stage; "" is AWSCURRENT
}

// Answer is a secret that was found.
type Answer struct {
	Text       connuri.Secret     // the text as it is stored; Reveal gives it
	Connection connuri.Connection // of a Connection query; of Secret where the text is JSON
	Name       string             // the secret that answered, as it was asked for
	VersionID  string             // its version
	Stages     []string           // the stages of that version; not to be changed
	Source     string             // who answered, such as SourceSecretsManager
}

// The Source of an Answer.
const (
	SourceSecretsManager = "secretsmanager"
	SourceEnvironment    = "environment"
)

// Source is something that answers queries: a Backend, or Env.
type Source interface {
	Lookup(context.Context, Query) (Answer, error)
}

// Plan says which secrets a query would ask for and in which order, or why
// none; it makes no call. The error is a *LookupError, for a lookup pattern that
// does not compile or takes too many steps.
func (b *Backend) Plan(q Query) (lookup.Plan, error) {
	plan, err := b.plan(&q)
	if err != nil {
		return lookup.Plan{}, b.failed(q, nil, planTrouble(err), err)
	}
	return plan, nil
}

func planTrouble(err error) Reason {
	if _, ok := errors.AsType[ownError](err); ok {
		return Failed
	}
	return BadPattern
}

func (b *Backend) plan(q *Query) (lookup.Plan, error) {
	if q.Team == "" {
		q.Team = b.team
	}
	if int(q.Kind) >= len(b.rules) {
		return lookup.Plan{}, ownError("there is no such kind")
	}
	r := &b.rules[q.Kind]
	plan, err := r.Plan(q.ID, q.Team)
	if err == nil && plan.Skip == lookup.Asked && r.broken != nil {
		err = r.broken
	}
	return plan, err
}

// Lookup finds what a query asks for, as get_conn_value, get_variable and
// get_config of SecretsManagerBackend do, and reads a connection as
// get_connection does. Everything else is a short form of it.
//
// The error is a *LookupError. errors.Is tells ErrNotFound, and the context's
// own error when ctx ended.
func (b *Backend) Lookup(ctx context.Context, q Query) (Answer, error) {
	answer, err := b.text(ctx, &q)
	if err != nil || q.Kind != lookup.Connection {
		return answer, err
	}
	return b.withConnection(q, answer)
}

// withConnection reads the text of an answer as a connection.
func (b *Backend) withConnection(q Query, answer Answer) (Answer, error) {
	text := answer.Text.Reveal()
	if text == "" {
		return Answer{}, b.failed(q, []string{answer.Name}, EmptyConnection, nil)
	}
	c, err := b.cfg.ExtraConnWords.Parse(b.cfg.Dialect, text)
	if err != nil {
		return Answer{}, b.failed(q, []string{answer.Name}, Malformed, err)
	}
	c.ID = q.ID
	answer.Connection = c
	return answer, nil
}

// text is the answer to a query without its connection read.
func (b *Backend) text(ctx context.Context, q *Query) (Answer, error) {
	plan, err := b.plan(q)
	if err != nil {
		return Answer{}, b.failed(*q, nil, planTrouble(err), err)
	}
	if plan.Skip != lookup.Asked {
		return Answer{}, b.failed(*q, nil, skipReasons[plan.Skip], nil)
	}
	return b.ask(ctx, *q, plan.Names)
}

// ask asks for names, one after the other: what Airflow swallows of one leads to
// the next, what it raises ends the lookup.
func (b *Backend) ask(ctx context.Context, q Query, names []string) (Answer, error) {
	if err := ctx.Err(); err != nil {
		return Answer{}, b.failed(q, nil, Canceled, err)
	}
	limited, cancel := context.WithTimeout(ctx, b.cfg.timeout())
	defer cancel()
	var missed *LookupError
	for i, name := range names {
		answer, reason, err := b.get(limited, name, q.Stage)
		if reason == 0 {
			return answer, nil
		}
		failed := b.failed(q, names[:i+1], reason, err)
		if limited.Err() != nil {
			failed.atEnd(ctx, limited)
		}
		if !failed.Swallowed() {
			return Answer{}, failed
		}
		// A miss says less than a secret that is there and cannot be read.
		if missed == nil || errors.Is(missed, ErrNotFound) {
			missed = failed
		}
		missed.Names = names[:i+1]
	}
	return Answer{}, missed
}

// atEnd tells the end of the caller's context, or of our own time limit, from
// what a client makes of it. Credentials that do not come in time are named.
func (e *LookupError) atEnd(ctx, limited context.Context) {
	e.Err = limited.Err()
	if ctx.Err() != nil {
		e.Err = ctx.Err()
	}
	switch {
	case errors.Is(e.Err, context.Canceled):
		e.Reason = Canceled
	case e.Reason != BadCredentials:
		e.Reason = TimedOut
	}
}

// get makes one call. The reason is 0 where there is a text.
func (b *Backend) get(ctx context.Context, name, stage string) (Answer, Reason, error) {
	if name == "" {
		// botocore refuses to send this, the SDK for Go would.
		return Answer{}, Failed, ownError("the name of the secret is empty")
	}
	in := &secretsmanager.GetSecretValueInput{SecretId: &name}
	if stage != "" {
		in.VersionStage = &stage
	}
	out, err := b.client.GetSecretValue(ctx, in, callOptions...)
	if err != nil {
		return Answer{}, reasonOf(err), err
	}
	switch {
	case out == nil || out.SecretString == nil && out.SecretBinary == nil:
		return Answer{}, ServiceError, ownError("the answer holds no secret")
	case out.SecretString == nil:
		return Answer{}, BinaryOnly, nil
	}
	answer := Answer{Text: connuri.NewSecret(*out.SecretString), Name: name, Stages: out.VersionStages, Source: SourceSecretsManager}
	if out.VersionId != nil {
		answer.VersionID = *out.VersionId
	}
	return answer, 0, nil
}

// callOptions go with each call; they are made once. The user agent names this
// library, so that CloudTrail tells its calls from Airflow's own.
var callOptions = []func(*secretsmanager.Options){
	func(o *secretsmanager.Options) {
		o.APIOptions = append(slices.Clip(o.APIOptions), userAgent)
	},
}

var userAgent = middleware.AddUserAgentKey("airflowsecrets")

// Secret finds one secret by its full name or ARN: no prefix, lookup pattern or
// team has a say. Where its text is JSON that a connection can be read from, by
// the names of Config.ExtraConnWords, the Answer has that connection too.
func (b *Backend) Secret(ctx context.Context, name string) (Answer, error) {
	answer, err := b.ask(ctx, Query{ID: name}, []string{name})
	if err != nil {
		if failed, ok := errors.AsType[*LookupError](err); ok {
			failed.byName = true
		}
		return Answer{}, err
	}
	text := answer.Text.Reveal()
	if strings.HasPrefix(strings.TrimSpace(text), "{") {
		if c, err := b.cfg.ExtraConnWords.Parse(b.cfg.Dialect, text); err == nil {
			answer.Connection = c
		}
	}
	return answer, nil
}
