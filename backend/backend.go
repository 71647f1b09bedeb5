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

// Client makes the one AWS call that a Backend needs. *secretsmanager.Client and
// secretsmanagertest.Map implement it.
type Client interface {
	GetSecretValue(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error)
}

var _ Client = (*secretsmanager.Client)(nil)

// callOptions are passed to each call. The user agent names this library, so that
// CloudTrail distinguishes its calls from Airflow's. bodylimit bounds each response.
var callOptions = []func(*secretsmanager.Options){
	func(o *secretsmanager.Options) {
		o.APIOptions = append(slices.Clip(o.APIOptions), userAgent, bodylimit.Add)
	},
}

var userAgent = middleware.AddUserAgentKey("airflowsecrets")

// Backend looks up ids in AWS Secrets Manager by the rules of Airflow's
// SecretsManagerBackend. New makes one. It is safe for concurrent use and does not
// need to be closed.
type Backend struct {
	client Client
	cfg    Config
	team   string
	rules  [lookup.KindConfig + 1]rule // :: kind → its rule
	store  *secretStore                // nil without a cache
	latest *latestTexts                // nil without a cache
	memo   *memo                       // leads to the entries of store
	counts *counts
}

// rule is the lookup.Rule of one kind.
type rule struct {
	lookup.Rule
	path   string // prefix and separator
	broken error  // why the pattern does not compile, or nil
}

// New makes a Backend. It makes no call. It returns an error if client is nil, if
// cfg.Timeout is negative, or if cfg.Cache contradicts itself. A lookup pattern that does
// not compile is not an error of New: as in Airflow, only lookups of that kind fail.
func New(client Client, cfg Config) (*Backend, error) {
	if sdk, ok := client.(*secretsmanager.Client); client == nil || ok && sdk == nil {
		return nil, errors.New("backend: the client is nil; pass a *secretsmanager.Client to New")
	}
	if cfg.Timeout < 0 {
		return nil, errors.New("backend: Config.Timeout is negative; write 0 for the default of 15s")
	}
	b := &Backend{client: client, cfg: cfg, counts: new(counts)}
	if cfg.Cache.On {
		policy, err := cfg.Cache.complete()
		if err != nil {
			return nil, err
		}
		b.addStore(policy.store(cfg.timeout()))
	}
	for kind := range lookup.KindConfig + 1 {
		r, err := cfg.Rule(kind)
		b.rules[kind] = rule{Rule: r, path: r.Path(), broken: err}
	}
	return b, nil
}

// addStore gives b a new, empty store.
func (b *Backend) addStore(policy store.Policy) {
	lost := &secret{reason: Failed, err: errLost}
	b.store = store.New[key](policy, lost.outcome(""))
	b.memo = &memo{most: policy.MaxEntries}
	b.latest = &latestTexts{most: policy.MaxEntries, seed: maphash.MakeSeed(), of: map[Query]latestText{}}
}

// Team returns the view of one team, for which the team's secrets come before the global
// ones. The name "" means no team. All views share the client and the cache.
func (b *Backend) Team(name string) *Backend {
	team := *b
	team.team = name
	return &team
}

// Query says what to look up.
type Query struct {
	Kind  lookup.Kind // lookup.KindConnection, lookup.KindVariable or lookup.KindConfig
	ID    string      // conn_id, variable key or config key, without the prefix
	Team  string      // "" means the team of the Backend, usually none
	Stage string      // the version stage; "" means AWSCURRENT

	// Name is the full name or ARN of a secret. If it is set, Kind and ID are ignored, and
	// prefix, lookup pattern and team do not apply. See Backend.Secret.
	Name string
}

// Answer is a secret that was found.
type Answer struct {
	Text      connuri.Secret // the text as it is stored; Reveal returns it
	Name      string         // the secret that answered, as it was asked for
	VersionID string         // the version that answered
	Stages    []string       // the stages of that version; must not be changed
	Source    string         // the source that answered, such as SourceSecretsManager
	Stale     bool           // the entry in the cache has expired, and AWS does not answer

	// Connection is the text parsed as a connection, for a query of KindConnection. For a
	// query by name it is set if the text is a connection in JSON, otherwise it is zero.
	Connection connuri.Connection
}

// The sources that this package knows; see Answer.Source.
const (
	SourceSecretsManager = "secretsmanager"
	SourceEnvironment    = "environment"
)

// Source answers queries. Backend, Chain and Env implement it. The errors of a Source must
// not hold a value, since a Chain shows them.
type Source interface {
	Lookup(context.Context, Query) (Answer, error)
}

// Plan returns the names of the secrets that a lookup would ask for, in order, or why it
// would ask for none. It makes no call. It returns a *LookupError if the lookup pattern does
// not compile or takes too many steps.
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
	errNoKind = plainError("the kind is unknown; use lookup.KindConnection, KindVariable or KindConfig")
	errLost   = plainError("the client did not return")
)

func (b *Backend) plan(q *Query) (lookup.Plan, error) {
	if int(q.Kind) >= len(b.rules) {
		return lookup.Plan{}, errNoKind
	}
	if q.Team != "" && q.Kind != lookup.KindConfig && b.cfg.NoTeams != "" { // options have no team
		return lookup.Plan{}, plainError("lookups for a team are disabled: " + b.cfg.NoTeams)
	}
	r := &b.rules[q.Kind]
	plan, err := r.Plan(q.ID, q.Team)
	if err == nil && plan.Skip == lookup.Asked && r.broken != nil {
		err = r.broken
	}
	return plan, err
}

// asTeam returns q with the team of the Backend if q names none.
func (b *Backend) asTeam(q Query) Query {
	if q.Team == "" {
		q.Team = b.team
	}
	return q
}

// Lookup finds the secret that a query asks for, as get_conn_value, get_variable and
// get_config of SecretsManagerBackend do, and parses a connection as get_connection does. The
// getters are shorthand for it.
//
// The error is a *LookupError. errors.Is matches ErrNotFound if the secret has no value,
// context.DeadlineExceeded if time ran out, and context.Canceled if the caller canceled.
func (b *Backend) Lookup(ctx context.Context, q Query) (Answer, error) {
	q = b.asTeam(q)
	start := b.clock()
	if s, names := b.hit(&q); s != nil {
		answer := s.answer
		switch q.reading() {
		case asConnection:
			answer.Connection.ID = q.ID
		case asText: // a lookup of another kind may have parsed it as a connection
			answer.Connection = connuri.Connection{}
		}
		b.notify(ctx, &q, start, &trace{names: names}, CacheHit, &answer, nil)
		return answer, nil
	}
	return answerOr(b.lookup(ctx, q, nil))
}

// lookup is Lookup without the fast path for a hit. read, if not nil, replaces the reading
// of the kind; its error must be safe to show.
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
		b.record(ctx, &q, b.clock(), &trace{}, CacheUnused, &Answer{}, failed)
		return Answer{}, failed
	}
	if b.store != nil {
		a := b.cachedAsker(k)
		return b.run(ctx, q, names, &a, read)
	}
	limited, cancel := within(ctx, b.cfg.timeout())
	defer cancel()
	return b.run(ctx, q, names, &asker{b: b, limited: limited}, read)
}

// run looks up the names in order and records the outcome.
func (b *Backend) run(ctx context.Context, q Query, names []string, a *asker, read func(*Answer) error) (Answer, *LookupError) {
	start := a.began
	if start.IsZero() {
		start = b.clock()
	}
	t := trace{calls: a.begun, waited: a.begun > 0 || !a.began.IsZero()}
	answer, failed := b.walk(ctx, &q, names, a, &t)
	if read != nil && answer.Name != "" {
		failed = nil // read decides, even if the reading of the kind refused the text
		if err := read(&answer); err != nil {
			failed = b.failed(&q, []string{answer.Name}, Malformed, err)
		}
	}
	b.record(ctx, &q, start, &t, a.use(&t), &answer, failed)
	return answer, failed
}

// Secret finds one secret by its full name or ARN; see Query.Name. If its text is JSON that
// Config.Parse accepts as a connection, the Answer has that connection too.
func (b *Backend) Secret(ctx context.Context, name string) (Answer, error) {
	return b.Lookup(ctx, Query{Name: name})
}
