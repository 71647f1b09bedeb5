package backend

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/airflowsecrets/airflowsecrets/backend/internal/bodylimit"
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
	rules  [3]rule  // :: kind → its rule
	cache  *cache   // nil where there is none
	chain  []Source // of Chain, nil else
}

// rule is a lookup.Rule, or one whose pattern does not compile.
type rule struct {
	lookup.Rule
	path   string // what stands before the id
	broken error
	teams  bool // a team has names of its own
}

// New makes a Backend. No call is made yet. It fails without a client, for a
// negative timeout and for a CachePolicy that contradicts itself. A lookup pattern that does not compile is an error of that
// kind's lookups only, as in Airflow.
func New(client Client, cfg Config) (*Backend, error) {
	if sdk, ok := client.(*secretsmanager.Client); client == nil || ok && sdk == nil {
		return nil, errors.New("backend: New needs a client")
	}
	if cfg.Timeout < 0 {
		return nil, errors.New("backend: Config.Timeout is negative")
	}
	b := &Backend{client: client, cfg: cfg}
	if cfg.Cache.On {
		policy, err := cfg.Cache.complete()
		if err != nil {
			return nil, err
		}
		b.cache = newCache(policy)
	}
	for kind, r := range cfg.rules() {
		pattern, err := lookup.Compile(r.expr)
		plain := lookup.Rule{Kind: lookup.Kind(kind), Prefix: r.prefix, Sep: cfg.Sep}
		bare, _ := plain.Plan("", "") // no pattern, no error
		asTeam, _ := plain.Plan("", "team")
		plain.Pattern, plain.MultiTeam = pattern, cfg.MultiTeam
		b.rules[kind] = rule{Rule: plain, path: strings.Join(bare.Names, ""), broken: err, teams: len(asTeam.Names) == 2}
	}
	return b, nil
}

// Team is the same Backend as one team sees it: its own secrets come before
// those for all. The name "" is no team. Client and cache are shared.
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
	Stale      bool               // past its time in the cache, served since AWS cannot be asked
}

// The Source of an Answer.
const (
	SourceSecretsManager = "secretsmanager"
	SourceEnvironment    = "environment"
)

// Source is something that answers queries: a Backend, or Env. Its errors hold no
// value, since Chain shows them.
type Source interface {
	Lookup(context.Context, Query) (Answer, error)
}

// Plan says which secrets a query would ask for and in which order, or why
// none; it makes no call. The error is a *LookupError, for a lookup pattern that
// does not compile or takes too many steps.
func (b *Backend) Plan(q Query) (lookup.Plan, error) {
	q = b.own(q)
	plan, err := b.plan(&q)
	if err != nil {
		return lookup.Plan{}, b.failed(q, nil, planTrouble(err), err)
	}
	return plan, nil
}

func planTrouble(err error) Reason {
	if _, ok := errors.AsType[plainError](err); ok {
		return Failed
	}
	return BadPattern
}

func (b *Backend) plan(q *Query) (lookup.Plan, error) {
	if int(q.Kind) >= len(b.rules) {
		return lookup.Plan{}, errNoKind
	}
	r := &b.rules[q.Kind]
	plan, err := r.Plan(q.ID, q.Team)
	if err == nil && plan.Skip == lookup.Asked && r.broken != nil {
		err = r.broken
	}
	return plan, err
}

// own is a query with the team of the Backend where it names none.
func (b *Backend) own(q Query) Query {
	if q.Team == "" {
		q.Team = b.team
	}
	return q
}

var errNoKind = plainError("there is no such kind")

// Lookup finds what a query asks for, as get_conn_value, get_variable and
// get_config of SecretsManagerBackend do, and reads a connection as
// get_connection does. Everything else is a short form of it.
//
// The error is a *LookupError. errors.Is tells ErrNotFound, and the context's
// own error when ctx ended.
func (b *Backend) Lookup(ctx context.Context, q Query) (Answer, error) {
	if e := b.hit(&q); e != nil {
		return e.answer, nil
	}
	return b.lookup(ctx, q, false, trace{})
}

// lookup is Lookup past the quick way out. raw leaves a connection unread, as
// get_conn_value does.
func (b *Backend) lookup(ctx context.Context, q Query, raw bool, seen trace) (Answer, error) {
	if b.chain != nil {
		return b.askChain(ctx, q)
	}
	var (
		start  time.Time
		answer Answer
		failed *LookupError
	)
	if b.cfg.Observe != nil {
		start = time.Now()
	}
	q = b.own(q)
	if b.cache != nil {
		answer, failed = b.cached(ctx, q, &seen)
		if raw && answer.Name != "" {
			failed = nil // there is a text, if none of a connection
		}
	} else if answer, failed = b.text(ctx, &q, &seen); failed == nil && !raw {
		answer, failed = b.read(q, answer)
	}
	if b.cfg.Observe != nil {
		b.observe(ctx, q, start, &seen, &answer, failed)
	}
	if failed != nil {
		return Answer{}, failed
	}
	return answer, nil
}

// read reads the text of an answer to a Connection query. An answer whose text is
// none keeps it beside the error.
func (b *Backend) read(q Query, answer Answer) (Answer, *LookupError) {
	if q.Kind != lookup.Connection {
		return answer, nil
	}
	text := answer.Text.Reveal()
	if text == "" {
		return answer, b.failed(q, []string{answer.Name}, EmptyConnection, nil)
	}
	c, err := b.cfg.ExtraConnWords.Parse(b.cfg.Dialect, text)
	if err != nil {
		return answer, b.failed(q, []string{answer.Name}, Malformed, err)
	}
	c.ID = q.ID
	answer.Connection = c
	return answer, nil
}

// text is the answer to a query without its connection read.
func (b *Backend) text(ctx context.Context, q *Query, seen *trace) (Answer, *LookupError) {
	names, failed := b.names(q)
	if failed != nil {
		return Answer{}, failed
	}
	return b.ask(ctx, *q, names, seen)
}

// names are the secrets that a query asks for, in order.
func (b *Backend) names(q *Query) ([]string, *LookupError) {
	plan, err := b.plan(q)
	if err != nil {
		return nil, b.failed(*q, nil, planTrouble(err), err)
	}
	if plan.Skip != lookup.Asked {
		return nil, b.failed(*q, nil, skipReasons[plan.Skip], nil)
	}
	return plan.Names, nil
}

// ask asks for names, one after the other: what Airflow swallows of one leads to
// the next, what it raises ends the lookup.
func (b *Backend) ask(ctx context.Context, q Query, names []string, seen *trace) (Answer, *LookupError) {
	if err := ctx.Err(); err != nil {
		return Answer{}, b.gaveUp(q, err)
	}
	limited, cancel := within(ctx, b.cfg.timeout())
	defer cancel()
	var missed *LookupError
	for i, name := range names {
		seen.names = names[:i+1]
		if name != "" {
			seen.calls++
		}
		answer, reason, err := b.get(limited, name, q.Stage)
		if reason == 0 {
			return answer, nil
		}
		reason, err = atEnd(ctx, limited, reason, err)
		failed := b.failed(q, names[:i+1], reason, err)
		if !failed.Swallowed() {
			return Answer{}, failed
		}
		missed = moreTelling(missed, failed)
		missed.Names = shownNames(names[:i+1])
	}
	return Answer{}, missed
}

// within is ctx with a time limit: ctx itself where it ends before that, which
// spares a lookup in a request with a deadline five allocations.
func within(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	if end, ok := ctx.Deadline(); ok && time.Until(end) <= limit {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, limit)
}

// moreTelling is the first of two misses, or the second where the first, which
// may be nil, says less: a miss says less than a secret that is there and cannot
// be read.
func moreTelling(first, second *LookupError) *LookupError {
	if first == nil || errors.Is(first, ErrNotFound) {
		return second
	}
	return first
}

// atEnd tells the end of the caller's context, or of our own time limit, from
// what a client makes of it. Credentials that do not come in time are named.
func atEnd(ctx, limited context.Context, reason Reason, err error) (Reason, error) {
	end := ctx.Err()
	if end == nil {
		end = limited.Err()
	}
	switch {
	case end == nil:
		return reason, err
	case errors.Is(end, context.Canceled):
		return Canceled, context.Canceled // not end: a context of the caller's may say anything
	case reason == BadCredentials:
		return BadCredentials, context.DeadlineExceeded
	}
	return TimedOut, context.DeadlineExceeded
}

// get makes one call. The reason is 0 where there is a text.
func (b *Backend) get(ctx context.Context, name, stage string) (Answer, Reason, error) {
	if name == "" {
		// botocore refuses to send this, the SDK for Go would.
		return Answer{}, Failed, plainError("the name of the secret is empty")
	}
	in := &secretsmanager.GetSecretValueInput{SecretId: &name}
	if stage != "" {
		in.VersionStage = aws.String(stage) // a pointer to stage itself would allocate it always
	}
	out, err := b.client.GetSecretValue(ctx, in, callOptions...)
	if err != nil {
		return Answer{}, reasonOf(err), causeOf(err)
	}
	switch {
	case out == nil || out.SecretString == nil && out.SecretBinary == nil:
		return Answer{}, ServiceError, plainError("the answer holds no secret")
	case out.SecretString == nil:
		return Answer{}, BinaryOnly, nil
	}
	return answerOf(name, *out.SecretString, out.VersionId, out.VersionStages), 0, nil
}

func answerOf(name, text string, version *string, stages []string) Answer {
	answer := Answer{Text: connuri.NewSecret(text), Name: name, Stages: stages, Source: SourceSecretsManager}
	if version != nil {
		answer.VersionID = *version
	}
	return answer
}

// callOptions go with each call; they are made once. The user agent names this
// library, so that CloudTrail tells its calls from Airflow's own; no answer is read
// past the limit of a body.
var callOptions = []func(*secretsmanager.Options){
	func(o *secretsmanager.Options) {
		o.APIOptions = append(slices.Clip(o.APIOptions), userAgent, bodylimit.Add)
	},
}

var userAgent = middleware.AddUserAgentKey("airflowsecrets")

// Secret finds one secret by its full name or ARN: no prefix, lookup pattern or
// team has a say. Where its text is JSON that a connection can be read from, by
// the names of Config.ExtraConnWords, the Answer has that connection too. It asks
// each time: the cache keeps answers by id.
func (b *Backend) Secret(ctx context.Context, name string) (Answer, error) {
	var (
		seen  trace
		start time.Time
	)
	if b.cfg.Observe != nil {
		start = time.Now()
	}
	q := Query{ID: name}
	answer, failed := b.ask(ctx, q, []string{name}, &seen)
	if failed != nil {
		failed.byName = true
	}
	if b.cfg.Observe != nil {
		b.observe(ctx, q, start, &seen, &answer, failed)
	}
	if failed != nil {
		return Answer{}, failed
	}
	text := answer.Text.Reveal()
	if strings.HasPrefix(strings.TrimSpace(text), "{") {
		if c, err := b.cfg.ExtraConnWords.Parse(b.cfg.Dialect, text); err == nil {
			answer.Connection = c
		}
	}
	return answer, nil
}
