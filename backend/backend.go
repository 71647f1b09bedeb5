package backend

import (
	"context"
	"errors"
	"hash/maphash"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/airflowsecrets/airflowsecrets/backend/internal/bodylimit"
	"github.com/airflowsecrets/airflowsecrets/backend/internal/store"
	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/lookup"
)

// Client is the one AWS call that a Backend makes. *secretsmanager.Client is
// one, and so is secretsmanagertest.Map.
type Client interface {
	GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error)
}

var _ Client = (*secretsmanager.Client)(nil)

// callOptions go with each call; they are made once. The user agent names this
// library, so that CloudTrail tells its calls from Airflow's own; no answer is read
// past the limit of a body.
var callOptions = []func(*secretsmanager.Options){
	func(o *secretsmanager.Options) {
		o.APIOptions = append(slices.Clip(o.APIOptions), userAgent, bodylimit.Add)
	},
}

var userAgent = middleware.AddUserAgentKey("airflowsecrets")

// Backend looks ids up in AWS Secrets Manager by the rules of Airflow's
// SecretsManagerBackend. It is safe for concurrent use and needs no closing.
type Backend struct {
	client Client
	cfg    Config
	team   string
	rules  [lookup.KindConfig + 1]rule // :: kind → its rule
	store  *secretStore                // nil if there is no cache
	latest *latestTexts                // nil if there is no cache
	memo   *memo                       // of store
	counts *counts
}

// rule is a lookup.Rule, or one whose pattern does not compile.
type rule struct {
	lookup.Rule
	path   string // what stands before the id
	broken error
}

// New makes a Backend. It makes no call. It fails without a client, for a negative
// timeout and for a CachePolicy that contradicts itself. A lookup pattern that does
// not compile is an error of that kind's lookups only, as in Airflow.
func New(client Client, cfg Config) (*Backend, error) {
	if sdk, ok := client.(*secretsmanager.Client); client == nil || ok && sdk == nil {
		return nil, errors.New("backend: New needs a client")
	}
	if cfg.Timeout < 0 {
		return nil, errors.New("backend: Config.Timeout is negative")
	}
	b := &Backend{client: client, cfg: cfg, counts: new(counts)}
	if cfg.Cache.On {
		policy, err := cfg.Cache.complete()
		if err != nil {
			return nil, err
		}
		b.keep(policy.store(cfg.timeout()))
	}
	for kind := range lookup.KindConfig + 1 {
		r, err := cfg.Rule(kind)
		b.rules[kind] = rule{Rule: r, path: r.Path(), broken: err}
	}
	return b, nil
}

// keep gives b a store of its own.
func (b *Backend) keep(policy store.Policy) {
	lost := &secret{reason: Failed, err: errLost}
	b.store = store.New[key](policy, lost.outcome(""))
	b.memo = &memo{most: policy.MaxEntries}
	b.latest = &latestTexts{most: policy.MaxEntries, seed: maphash.MakeSeed(), of: map[Query]latestText{}}
}

// Team returns the Backend as one team sees it: the team's own secrets come before the
// global ones. The name "" means no team. Client and cache are shared.
func (b *Backend) Team(name string) *Backend {
	team := *b
	team.team = name
	return &team
}

// Query says what to look up.
type Query struct {
	Kind  lookup.Kind // lookup.KindConnection, lookup.KindVariable or lookup.KindConfig
	ID    string      // conn_id, variable key or config key, without the prefix
	Team  string      // "" is the team of the Backend, usually none
	Stage string      // the version stage; "" is AWSCURRENT

	// Name asks for one secret by its full name or ARN; prefix, lookup pattern and team
	// do not apply, and Kind and ID are ignored. See Backend.Secret.
	Name string
}

// Answer is a secret that was found.
type Answer struct {
	Text       connuri.Secret     // the text as it is stored; Reveal gives it
	Connection connuri.Connection // of a Connection query; by name if the text is a connection in JSON
	Name       string             // the secret that answered, as it was asked for
	VersionID  string             // its version
	Stages     []string           // the stages of that version; must not be changed
	Source     string             // the source that answered, such as SourceSecretsManager
	Stale      bool               // it has expired in the cache, and AWS cannot be asked
}

// The Source of an Answer.
const (
	SourceSecretsManager = "secretsmanager"
	SourceEnvironment    = "environment"
)

// Source answers queries: a Backend, a Chain, or Env. Its errors hold no value, since
// Chain shows them.
type Source interface {
	Lookup(context.Context, Query) (Answer, error)
}

// Plan returns the secrets that a lookup would ask for, in order, or why it would ask for
// none. It makes no call. The error is a *LookupError, for a lookup pattern that does not
// compile or takes too many steps.
func (b *Backend) Plan(q Query) (lookup.Plan, error) {
	q = b.asTeam(q)
	if q.Name != "" {
		return lookup.Plan{Names: []string{q.Name}}, nil
	}
	plan, err := b.plan(&q)
	if err != nil {
		return lookup.Plan{}, b.failed(&q, nil, planReason(err), err)
	}
	return plan, nil
}

func planReason(err error) Reason {
	if _, ok := errors.AsType[plainError](err); ok {
		return Failed
	}
	return BadPattern
}

const (
	errNoKind = plainError("there is no such kind")
	errLost   = plainError("the client did not return")
)

func (b *Backend) plan(q *Query) (lookup.Plan, error) {
	if int(q.Kind) >= len(b.rules) {
		return lookup.Plan{}, errNoKind
	}
	if q.Team != "" && q.Kind != lookup.KindConfig && b.cfg.NoTeams != "" { // options have no team
		return lookup.Plan{}, plainError("no lookup for a team: " + b.cfg.NoTeams)
	}
	r := &b.rules[q.Kind]
	plan, err := r.Plan(q.ID, q.Team)
	if err == nil && plan.Skip == lookup.Asked && r.broken != nil {
		err = r.broken
	}
	return plan, err
}

// asTeam is q with the team of the Backend where it names none.
func (b *Backend) asTeam(q Query) Query {
	if q.Team == "" {
		q.Team = b.team
	}
	return q
}

// Lookup finds what a query asks for, as get_conn_value, get_variable and get_config of
// SecretsManagerBackend do, and reads a connection as get_connection does. The getters
// are short forms of it.
//
// The error is a *LookupError. errors.Is finds ErrNotFound, and the context's error if
// ctx ended.
func (b *Backend) Lookup(ctx context.Context, q Query) (Answer, error) {
	q = b.asTeam(q)
	start := b.clock()
	if s, names := b.hit(&q); s != nil {
		answer := s.answer
		switch q.reading() {
		case asConnection:
			answer.Connection.ID = q.ID
		case asText: // which another lookup may have read as a connection
			answer.Connection = connuri.Connection{}
		}
		b.tell(ctx, &q, start, &trace{names: names}, CacheHit, &answer, nil)
		return answer, nil
	}
	return answerOr(b.lookup(ctx, q, nil))
}

// lookup is Lookup if there is no hit. read, if not nil, reads the text in place of the
// kind's own reading; its error may be shown.
func (b *Backend) lookup(ctx context.Context, q Query, read func(*Answer) error) (Answer, *LookupError) {
	var k *known
	var names []string
	var failed *LookupError
	if b.store != nil {
		k = b.memo.find(&q)
	}
	if k != nil {
		names = k.names
	} else if names, failed = b.names(&q); failed != nil {
		b.told(ctx, &q, b.clock(), &trace{}, CacheUnused, &Answer{}, failed)
		return Answer{}, failed
	}
	if b.store != nil {
		a := b.keeper(k)
		return b.run(ctx, q, names, &a, read)
	}
	limited, cancel := within(ctx, b.cfg.timeout())
	defer cancel()
	return b.run(ctx, q, names, &asker{b: b, limited: limited}, read)
}

// run walks through names, and tells the observer.
func (b *Backend) run(ctx context.Context, q Query, names []string, a *asker, read func(*Answer) error) (Answer, *LookupError) {
	start := a.began
	if start.IsZero() {
		start = b.clock()
	}
	t := trace{calls: a.begun, waited: a.begun > 0 || !a.began.IsZero()}
	answer, failed := b.walk(ctx, &q, names, a, &t)
	if read != nil && answer.Name != "" {
		failed = nil // there is a text, whatever the kind's own reading makes of it
		if err := read(&answer); err != nil {
			failed = b.failed(&q, []string{answer.Name}, Malformed, err)
		}
	}
	b.told(ctx, &q, start, &t, a.use(&t), &answer, failed)
	return answer, failed
}

// Secret finds one secret by its full name or ARN: a lookup by Query.Name. If its text
// is JSON that a connection can be read from, by the names of Config.ExtraConnWords,
// the Answer has that connection too.
func (b *Backend) Secret(ctx context.Context, name string) (Answer, error) {
	return b.Lookup(ctx, Query{Name: name})
}
