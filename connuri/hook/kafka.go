package hook

import (
	"crypto/tls"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
)

// KafkaConfig holds the settings that KafkaBaseHook gives to confluent-kafka, and so to librdkafka:
// the whole extra. A field that no property sets has librdkafka's default.
type KafkaConfig struct {
	Seeds    []string // bootstrap.servers, as host:port; the port is 9092 if there is none
	ClientID string   // client.id; default rdkafka
	Rack     string   // client.rack; default ""

	// TLS is on if security.protocol is ssl or sasl_ssl. It takes ssl.ca.location (probe means the
	// system's CAs), ssl.certificate.location and ssl.key.location. It verifies the chain and the
	// name unless enable.ssl.certificate.verification is false (no verification) or
	// ssl.endpoint.identification.algorithm is none (no name). The server name is empty: each
	// broker is verified by its own. TLSConfig also takes the PEM texts below into account.
	TLS    TLS
	CAPEM  connuri.Secret // ssl.ca.pem: certificates of CAs in PEM form
	PEM    connuri.Secret // ssl.certificate.pem: the client's own certificate in PEM form
	KeyPEM connuri.Secret // ssl.key.pem: its key in PEM form

	Mechanism string         // sasl.mechanism: PLAIN, SCRAM-SHA-1, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER; "" unless security.protocol is sasl_plaintext or sasl_ssl
	Username  string         // sasl.username
	Password  connuri.Secret // sasl.password
	Token     *KafkaToken    // where to get a token; nil unless the mechanism is OAUTHBEARER

	ConnectTimeout time.Duration // socket.connection.setup.timeout.ms; default 30 s
	RequestTimeout time.Duration // socket.timeout.ms; default 60 s
	MetadataMaxAge time.Duration // metadata.max.age.ms; default 15 min
	IdleTimeout    time.Duration // connections.max.idle.ms; default 0, which means none

	AutoCreateTopics bool // allow.auto.create.topics, for consumers; default false

	// For consumers.
	Group              string        // group.id; "" means none
	InstanceID         string        // group.instance.id; "" means none
	SessionTimeout     time.Duration // session.timeout.ms; default 45 s
	HeartbeatInterval  time.Duration // heartbeat.interval.ms; default 3 s
	MaxPollInterval    time.Duration // max.poll.interval.ms; default 5 min
	AutoCommit         bool          // enable.auto.commit; default true
	AutoCommitInterval time.Duration // auto.commit.interval.ms; default 5 s
	OffsetReset        string        // auto.offset.reset: earliest, latest (default) or error
	Isolation          string        // isolation.level: read_committed (default) or read_uncommitted

	Assignors       []string // partition.assignment.strategy: range and roundrobin (default) or cooperative-sticky
	AutoOffsetStore bool     // enable.auto.offset.store; default true; false commits only what the program marks

	FetchMinBytes          int           // fetch.min.bytes; default 1
	FetchMaxBytes          int           // fetch.max.bytes; default 50 MiB
	FetchMaxPartitionBytes int           // max.partition.fetch.bytes; default 1 MiB
	FetchMaxWait           time.Duration // fetch.wait.max.ms; default 500 ms

	// For producers.
	Acks            int           // acks: -1 (default) for all replicas in sync, 0 for none, 1 for the leader
	Idempotent      bool          // enable.idempotence; default false, and true with a TransactionalID
	TransactionalID string        // transactional.id; "" means none
	Linger          time.Duration // linger.ms; default 5 ms
	Compression     string        // compression.type: none (default), gzip, snappy, lz4 or zstd

	CompressionLevel   int           // compression.level; default -1, the codec's own
	Retries            int           // retries of a record; default 2147483647
	MaxInFlight        int           // max.in.flight.requests.per.connection; default 1,000,000, 5 if Idempotent
	TransactionTimeout time.Duration // transaction.timeout.ms; default 60 s

	MaxMessageBytes int           // message.max.bytes; default 1,000,000
	DeliveryTimeout time.Duration // delivery.timeout.ms; default 5 min, 0 means none
	ProduceTimeout  time.Duration // request.timeout.ms, for the broker's acknowledgement; default 30 s

	// Properties is the whole extra as texts, by the names in it: switches are "true" and "false",
	// and librdkafka's own words are in lower case.
	Properties Secrets
}

// KafkaToken says where to get a token to log in with OAUTHBEARER. This package makes no request.
type KafkaToken struct {
	Region string // of Amazon MSK, from bootstrap.servers: the token is a presigned request kafka-cluster:Connect, which aws-msk-iam-sasl-signer makes

	// For sasl.oauthbearer.method oidc: OAuth's client credentials.
	Endpoint     string         // sasl.oauthbearer.token.endpoint.url
	ClientID     string         // sasl.oauthbearer.client.id
	ClientSecret connuri.Secret // sasl.oauthbearer.client.secret
	Scope        string         // sasl.oauthbearer.scope; may be ""
	Extensions   string         // sasl.oauthbearer.extensions: comma-separated name=value pairs, sent with the token
}

// The paths by which TLSConfig reads the PEM texts of a configuration.
const (
	caPEM  = "ssl.ca.pem"
	crtPEM = "ssl.certificate.pem"
	keyPEM = "ssl.key.pem"
)

// TLSConfig returns the crypto/tls configuration, or nil without TLS, as TLS.Config does. A PEM
// text takes the place of its file.
func (c KafkaConfig) TLSConfig(readFile func(path string) ([]byte, error)) (*tls.Config, error) {
	if readFile == nil {
		readFile = readNothing
	}
	t, texts := c.TLS, map[string]connuri.Secret{}
	for _, pem := range []struct {
		file *string
		name string
		text connuri.Secret
	}{{&t.CAFile, caPEM, c.CAPEM}, {&t.CertFile, crtPEM, c.PEM}, {&t.KeyFile, keyPEM, c.KeyPEM}} {
		if !pem.text.IsZero() {
			*pem.file, texts[pem.name] = pem.name, pem.text
		}
	}
	return t.Config(func(path string) ([]byte, error) {
		if text, ok := texts[path]; ok {
			return []byte(text.Reveal()), nil
		}
		return readFile(path)
	})
}

// Kafka reads a connection as KafkaBaseHook (apache-airflow-providers-apache-kafka) and
// confluent-kafka do: the extra is the configuration of librdkafka. All other fields of the
// connection are ignored. A property without a field, such as statistics.interval.ms, is only in
// Properties, and Lint reports it.
//
// The error is an *Error for what the hook or librdkafka refuses before it looks for a broker, such
// as an unknown property. It names an unknown property only if it looks like one: words of up to 16
// small letters with dots and underscores between them.
//
// These are ErrUnsupported and come with the complete settings: with TLS, ssl.crl.location,
// ssl.key.password, ssl.keystore.location and ssl.engine.location; with OAUTHBEARER,
// enable.sasl.oauthbearer.unsecure.jwt, and with oidc a sasl.oauthbearer.grant.type other than
// client_credentials or a sasl.oauthbearer.metadata.authentication.type; SCRAM-SHA-1; acks above 1;
// default.topic.config; and Google's Managed Kafka.
func Kafka(c connuri.Connection) (KafkaConfig, error) {
	return settled(kafkaConfig(c))
}

func kafkaConfig(c connuri.Connection) (KafkaConfig, error) {
	config := KafkaConfig{
		ClientID: "rdkafka", ConnectTimeout: 30 * time.Second, RequestTimeout: time.Minute, MetadataMaxAge: 15 * time.Minute,
		SessionTimeout: 45 * time.Second, HeartbeatInterval: 3 * time.Second, MaxPollInterval: 5 * time.Minute,
		AutoCommit: true, AutoCommitInterval: 5 * time.Second, OffsetReset: "largest", Isolation: "read_committed",
		Acks: -1, Linger: 5 * time.Millisecond, Compression: "none", MaxMessageBytes: 1_000_000,
		DeliveryTimeout: 5 * time.Minute, ProduceTimeout: 30 * time.Second, Properties: Secrets{},
		AutoOffsetStore: true, FetchMinBytes: 1, FetchMaxBytes: 50 << 20, FetchMaxPartitionBytes: 1 << 20, FetchMaxWait: 500 * time.Millisecond,
		CompressionLevel: -1, Retries: math.MaxInt32, MaxInFlight: 1_000_000, TransactionTimeout: time.Minute,
	}
	r, err := read("kafka", c)
	if err != nil {
		return config, err
	}
	k := &kafkaReader{reader: r, config: &config, verify: true, protocol: "plaintext", mechanism: "GSSAPI", strategy: "range,roundrobin"}
	for _, step := range []func() error{k.callbacks, k.properties, k.together, k.oidc, k.seeds, k.login, k.tls} {
		if err := step(); err != nil {
			return config, err
		}
	}
	k.refuseOthers()
	return config, r.end()
}

// kafkaReader reads one configuration.
type kafkaReader struct {
	*reader
	config *KafkaConfig
	values map[string]kafkaValue // :: librdkafka's name → value, of the properties that are given

	servers, protocol, mechanism, method, identify, strategy string
	verify                                                   bool
	token                                                    KafkaToken
}

// kafkaValue is a property as librdkafka holds it.
type kafkaValue struct {
	key    string // as it is written in the extra
	text   string
	number float64
	isTrue bool
}

// kafkaCallbacks are keys that confluent-kafka takes a function for.
var kafkaCallbacks = []string{"error_cb", "throttle_cb", "stats_cb", "log_cb", "oauth_cb", "on_commit", "on_delivery"}

func (k *kafkaReader) callback(key string) error {
	return k.bad("extra", key, "it is a function in Python", "leave it out, and set one on the client in Go")
}

// callbacks checks the keys that KafkaBaseHook itself reads.
func (k *kafkaReader) callbacks() error {
	for _, key := range kafkaCallbacks {
		if k.extra[key].Kind == pyjson.String {
			return k.callback(key)
		}
	}
	const servers = "bootstrap.servers"
	v, given := k.get(servers)
	switch {
	case !given || !v.Truthy():
		return k.bad("extra", servers, "it is missing, and the hook reads no host", "write host:port, with commas between them")
	case v.Kind != pyjson.String:
		return k.bad("extra", servers, "it is not text", "write host:port, with commas between them")
	}
	return nil
}

// properties sets each property as confluent-kafka does: debug, then all in the order of the
// extra.
func (k *kafkaReader) properties() error {
	k.values = map[string]kafkaValue{}
	keys := k.keys
	if _, given := k.extra["debug"]; given {
		keys = append([]string{"debug"}, keys...)
	}
	for _, key := range keys {
		v := k.extra[key]
		switch key {
		case "default.topic.config":
			k.refuse("extra", key, "it is an object in Python", "write its properties into the extra itself")
			continue
		case "logger":
			if v.Kind != pyjson.Null {
				k.config.Properties[key] = connuri.NewSecret(kafkaTextOf(v))
			}
			continue
		}
		p, known := kafkaProperties()[key]
		switch {
		case slices.Contains(kafkaCallbacks, key):
			return k.callback(key)
		case !known:
			return k.bad("extra", nameable(key), "librdkafka does not know it", "leave it out, or write the property's name with dots")
		case holdsValues(v):
			return k.bad("extra", key, "it is not text"+p.alias(key), "put it in quotes")
		}
		value, must := p.read(kafkaTextOf(v))
		if must != "" || key == "plugin.library.paths" && v.Kind == pyjson.Null {
			return k.bad("extra", key, "librdkafka refuses this value"+p.alias(key), "write "+must)
		}
		if v.Kind == pyjson.Null {
			continue
		}
		value.key = key
		k.values[p.name] = value
		k.config.Properties[key] = connuri.NewSecret(value.text)
		k.place(p.name, value)
	}
	return nil
}

// kafkaTextOf returns a value as confluent-kafka passes it to librdkafka.
func kafkaTextOf(v pyjson.Value) string {
	switch v.Kind {
	case pyjson.True, pyjson.False:
		return strings.ToLower(v.Str())
	case pyjson.Null:
		return ""
	}
	return v.Str()
}

// alias returns the end of a rule that names librdkafka's own name for a key, if that is another.
func (p kafkaProperty) alias(key string) string {
	if p.name == key {
		return ""
	}
	return ", as " + p.name
}

// nameable returns a key that is a property but for its case, or that looks like one, otherwise "":
// it may be a secret that ended up in the wrong place.
func nameable(key string) string {
	if _, known := kafkaProperties()[strings.ToLower(key)]; known {
		return key
	}
	if len(key) > 64 || strings.Trim(key, "abcdefghijklmnopqrstuvwxyz._") != "" {
		return ""
	}
	for word := range strings.FieldsFuncSeq(key, func(r rune) bool { return r == '.' || r == '_' }) {
		if len(word) > 16 {
			return ""
		}
	}
	return key
}

// place sets the field of a property.
func (k *kafkaReader) place(name string, v kafkaValue) {
	switch field := k.field(name).(type) {
	case *string:
		*field = v.text
	case *connuri.Secret:
		*field = connuri.NewSecret(v.text)
		if v.text == "" {
			*field = connuri.Secret{}
		}
	case *bool:
		*field = v.isTrue
	case *int:
		*field = int(v.number)
	case *time.Duration:
		*field = time.Duration(v.number * float64(time.Millisecond))
	}
}
