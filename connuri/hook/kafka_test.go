package hook_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

// kafkaTest compares the configuration of librdkafka: what a field of the settings is for is
// kafkaWith is a connection with an extra, and with bootstrap.servers if that is not in it.
func kafkaWith(extra string) connuri.Connection {
	if rest, ok := strings.CutPrefix(extra, "{"); ok && !strings.Contains(extra, "bootstrap.servers") {
		extra = strings.Replace(`{"bootstrap.servers": "k1:9092", `+rest, ", }", "}", 1)
	}
	return connuri.Connection{Type: "kafka", Extra: connuri.RawExtra(extra)}
}

func TestKafkaTLS(t *testing.T) {
	for _, row := range []struct {
		extra string
		want  hook.TLS
	}{
		{`{}`, hook.TLS{}},
		{`{"security.protocol": "PLAINTEXT", "ssl.ca.location": "/ca"}`, hook.TLS{}},
		{`{"security.protocol": "SSL"}`, hook.TLS{Mode: hook.TLSVerifyFull}},
		{`{"security.protocol": " ssl", "enable.ssl.certificate.verification": "T"}`, hook.TLS{Mode: hook.TLSVerifyFull}},
		{`{"security.protocol": "ssl", "enable.ssl.certificate.verification": "false"}`, hook.TLS{Mode: hook.TLSUnverified}},
		{`{"security.protocol": "ssl", "enable.ssl.certificate.verification": 0, "ssl.endpoint.identification.algorithm": "none"}`, hook.TLS{Mode: hook.TLSUnverified}},
		{`{"security.protocol": "ssl", "ssl.ca.location": "probe"}`, hook.TLS{Mode: hook.TLSVerifyFull}},
		{`{"security.protocol": "ssl", "ssl.endpoint.identification.algorithm": "NONE"}`, hook.TLS{Mode: hook.TLSVerifyCA}},
		{`{"security.protocol": "ssl", "ssl.ca.location": "/ca", "ssl.certificate.location": "/c", "ssl.key.location": "/k"}`, hook.TLS{Mode: hook.TLSVerifyFull, CAFile: "/ca", CertFile: "/c", KeyFile: "/k"}},
		{`{"security.protocol": "sasl_ssl", "sasl.mechanism": "PLAIN", "sasl.username": "a", "sasl.password": "b", "ssl.ca.location": ""}`, hook.TLS{Mode: hook.TLSVerifyFull}},
	} {
		k, err := hook.Kafka(kafkaWith(row.extra))
		assert.NoError(t, err, row.extra)
		assert.Equal(t, row.want, k.TLS, row.extra)
	}
}

func TestKafkaLogin(t *testing.T) {
	const login = `"sasl.username": "app", "sasl.password": "s3cr3t"`
	for _, row := range []struct {
		extra, mechanism, user string
		token                  *hook.KafkaToken
	}{
		{`{"sasl.mechanism": "PLAIN", ` + login + `}`, "", "", nil},
		{`{"security.protocol": "SASL_SSL", "sasl.mechanisms": "SCRAM-SHA-512", ` + login + `}`, "SCRAM-SHA-512", "app", nil},
		{`{"security.protocol": "sasl_plaintext", "sasl.mechanism": "GSSAPI", "sasl.mechanisms": "PLAIN", ` + login + `}`, "PLAIN", "app", nil},
		{`{"security.protocol": "SASL_SSL", "sasl.mechanism": "OAUTHBEARER"}`, "OAUTHBEARER", "", &hook.KafkaToken{}},
		{`{"security.protocol": "SASL_SSL", "sasl.mechanism": "OAUTHBEARER", "bootstrap.servers": "b.kafka.EU-west-1.amazonaws.com.cn:9098,x"}`, "OAUTHBEARER", "", &hook.KafkaToken{Region: "eu-west-1"}},
		{`{"sasl.mechanism": "OAUTHBEARER", "bootstrap.servers": "x,b.kafka-serverless.us-east-1.amazonaws.com"}`, "", "", &hook.KafkaToken{Region: "us-east-1"}},
		{`{"sasl.mechanism": "OAUTHBEARER", "bootstrap.servers": "b.kafka.us-east-1.amazonaws.com:,b.kafka..amazonaws.com,kafka.x.amazonaws.com,b.kafka.x.amazonaws.comx"}`, "", "", nil},
		{`{"security.protocol": "SASL_SSL", "sasl.mechanism": "OAUTHBEARER", "sasl.oauthbearer.method": "OIDC", "sasl.oauthbearer.client.id": "id", "sasl.oauthbearer.client.secret": "s",
			"sasl.oauthbearer.token.endpoint.url": "https://h/t", "sasl.oauthbearer.scope": "x", "sasl.oauthbearer.extensions": "a=b"}`, "OAUTHBEARER", "",
			&hook.KafkaToken{Endpoint: "https://h/t", ClientID: "id", ClientSecret: connuri.NewSecret("s"), Scope: "x", Extensions: "a=b"}},
	} {
		k, err := hook.Kafka(kafkaWith(row.extra))
		require.NoError(t, err, row.extra)
		assert.Equal(t, [2]string{row.mechanism, row.user}, [2]string{k.Mechanism, k.Username}, row.extra)
		assert.Equal(t, row.user != "", k.Password.Reveal() == "s3cr3t", row.extra)
		if row.token != nil && k.Token != nil {
			assert.True(t, row.token.ClientSecret.Equal(k.Token.ClientSecret))
			row.token.ClientSecret = k.Token.ClientSecret
		}
		assert.Equal(t, row.token, k.Token, row.extra)
	}
}

func TestKafkaErrors(t *testing.T) {
	for extra, key := range map[string]string{
		`[]`: "", `{"bootstrap.servers": ""}`: "bootstrap.servers", `{"bootstrap.servers": ["k:1"]}`: "bootstrap.servers", `{"bootstrap.servers": " , "}`: "bootstrap.servers",
		`{"bootstrap.servers": "u:p@k:1"}`: "bootstrap.servers", `{"bootstrap.servers": "SSL://k:1"}`: "bootstrap.servers",
		`{"foo": 1}`: "foo", `{"bootstrap_servers": 1}`: "bootstrap_servers", `{"hunter2": 1}`: "", `{"Secret": 1}`: "", `{"correcthorsebatterystaple": 1}`: "",
		`{"oauth_cb": "m.f"}`: "oauth_cb", `{"error_cb": null}`: "error_cb", `{"log_cb": null}`: "log_cb",
		`{"foo": 1, "debug": null}`: "debug", `{"debug": ""}`: "debug", `{"debug": "all "}`: "debug", `{"acks": "one"}`: "acks", `{"acks": -2}`: "acks", `{"acks": true}`: "acks",
		`{"session.timeout.ms": 0}`: "session.timeout.ms", `{"session.timeout.ms": null}`: "session.timeout.ms", `{"linger.ms": "x"}`: "linger.ms", `{"enable.auto.commit": "yes"}`: "enable.auto.commit",
		`{"security.protocol": "SSL "}`: "security.protocol", `{"client.id": ["x"]}`: "client.id", `{"auto.offset.reset": "none"}`: "auto.offset.reset", `{"sasl.mechanism": ""}`: "sasl.mechanism",
		`{"security.protocol": "SASL_SSL"}`: "sasl.mechanism", `{"security.protocol": "SASL_SSL", "sasl.mechanism": "plain"}`: "sasl.mechanism",
		`{"security.protocol": "SASL_SSL", "sasl.mechanism": "PLAIN", "sasl.username": "a"}`:                                                                            "sasl.mechanism",
		`{"sasl.mechanism": "OAUTHBEARER", "sasl.oauthbearer.method": "oidc"}`:                                                                                          "sasl.oauthbearer.method",
		`{"sasl.mechanism": "OAUTHBEARER", "sasl.oauthbearer.method": "oidc", "sasl.oauthbearer.token.endpoint.url": "https://h/t"}`:                                    "sasl.oauthbearer.method",
		`{"sasl.mechanism": "OAUTHBEARER", "sasl.oauthbearer.method": "oidc", "sasl.oauthbearer.token.endpoint.url": "https://h/t", "sasl.oauthbearer.client.id": "x"}`: "sasl.oauthbearer.method",
		`{"sasl.mechanism": "OAUTHBEARER", "sasl.oauthbearer.method": "oidc", "sasl.oauthbearer.token.endpoint.url": "https://id:s3cr3t@h/t"}`:                          "sasl.oauthbearer.token.endpoint.url",
		`{"sasl.mechanism": "OAUTHBEARER", "sasl.oauthbearer.method": "oidc", "sasl.oauthbearer.token.endpoint.url": "https://h/t?client_secret=s3cr3t"}`:               "sasl.oauthbearer.token.endpoint.url",
		`{"sasl.mechanism": "OAUTHBEARER", "sasl.oauthbearer.method": "oidc", "sasl.oauthbearer.metadata.authentication.type": "azure_imds"}`:                           "sasl.oauthbearer.metadata.authentication.type",
		`{"security.protocol": "ssl", "sasl.mechanisms": "PLAIN "}`:                                                                                                     "sasl.mechanisms", `{"Client.Id": 1}`: "Client.Id", `{"linger.ms": "0xFFFFFF"}`: "linger.ms",
		`{"bootstrap.servers": "k;password=s3cr3t"}`: "bootstrap.servers", `{"bootstrap.servers": "k?password=s3cr3t"}`: "bootstrap.servers",
		`{"security.protocol": "ssl", "ssl.key.pem": "x"}`: "ssl.key.pem",
		`{"security.protocol": "ssl", "ssl.ca.pem": "x"}`:  "ssl.ca.pem",
		`{"enable.idempotence": true, "acks": 1}`:          "acks", `{"enable.idempotence": true, "retries": 0}`: "retries",
		`{"transactional.id": "x", "enable.idempotence": false}`:          "enable.idempotence",
		`{"transactional.id": "x", "delivery.timeout.ms": 60001}`:         "delivery.timeout.ms",
		`{"transactional.id": "x", "socket.timeout.ms": 60101}`:           "socket.timeout.ms",
		`{"enable.gapless.guarantee": true}`:                              "enable.gapless.guarantee",
		`{"reconnect.backoff.ms": 20000}`:                                 "reconnect.backoff.max.ms",
		`{"linger.ms": 10, "delivery.timeout.ms": 10}`:                    "linger.ms",
		`{"partition.assignment.strategy": "range,cooperative-sticky"}`:   "partition.assignment.strategy",
		`{"partition.assignment.strategy": "sticky"}`:                     "partition.assignment.strategy",
		`{"group.protocol.type": "x"}`:                                    "group.protocol.type",
		`{"plugin.library.paths": "x"}`:                                   "plugin.library.paths",
		`{"ssl.keystore.location": "/x"}`:                                 "ssl.keystore.location",
		`{"sasl.oauthbearer.metadata.authentication.type": "aws_iam"}`:    "sasl.oauthbearer.metadata.authentication.type",
		`{"broker.version.fallback": null}`:                               "broker.version.fallback",
		`{"sasl.mechanism": "PLAIN,GSSAPI"}`:                              "sasl.mechanism",
		`{"partitioner": "RANDOM"}`:                                       "partitioner",
		`{"client.id": {"a": 1}}`:                                         "client.id",
		`{"default.topic.config": {"acks": 1}, "compression.type": "br"}`: "compression.type",
	} {
		_, err := hook.Kafka(kafkaWith(extra))
		e, ok := errors.AsType[*hook.Error](err)
		require.True(t, ok, extra)
		assert.Equal(t, [3]string{"kafka", "extra", key}, [3]string{e.Type, e.Field, e.Key}, extra)
		assert.NotErrorIs(t, err, hook.ErrUnsupported, extra)
	}
	_, err := hook.Kafka(kafkaWith(`{"acks": 1001}`))
	assert.EqualError(t, err, "kafka connection: extra acks: librdkafka refuses this value, as request.required.acks; write a number from -1 to 1000")
}

func TestKafkaRefused(t *testing.T) {
	for extra, key := range map[string]string{
		`{"acks": 2}`: "acks", `{"default.topic.config": {}}`: "default.topic.config",
		`{"security.protocol": "ssl", "ssl.key.password": "x"}`: "ssl.key.password", `{"security.protocol": "ssl", "ssl.crl.location": "/x"}`: "ssl.crl.location",
		`{"security.protocol": "ssl", "ssl.engine.location": "/x"}`: "ssl.engine.location", `{"security.protocol": "ssl", "ssl.keystore.location": "/x", "ssl.keystore.password": "x"}`: "ssl.keystore.location",
		`{"security.protocol": "sasl_ssl", "sasl.mechanism": "OAUTHBEARER", "enable.sasl.oauthbearer.unsecure.jwt": true}`: "enable.sasl.oauthbearer.unsecure.jwt",
		`{"security.protocol": "sasl_ssl", "sasl.mechanism": "OAUTHBEARER", "sasl.oauthbearer.method": "oidc", "sasl.oauthbearer.token.endpoint.url": "https://h/t", "sasl.oauthbearer.assertion.file": "/x",
			"sasl.oauthbearer.grant.type": "urn:ietf:params:oauth:grant-type:jwt-bearer"}`: "sasl.oauthbearer.grant.type",
		`{"security.protocol": "sasl_ssl", "sasl.mechanism": "OAUTHBEARER", "sasl.oauthbearer.method": "oidc", "sasl.oauthbearer.metadata.authentication.type": "azure_imds",
			"sasl.oauthbearer.config": "query=x"}`: "sasl.oauthbearer.metadata.authentication.type",
		`{"security.protocol": "sasl_ssl", "sasl.mechanism": "SCRAM-SHA-1", "sasl.username": "a", "sasl.password": "b"}`: "sasl.mechanism",
		`{"bootstrap.servers": "b.managedkafka.p.cloud.goog:9092"}`:                                                      "bootstrap.servers",
	} {
		k, err := hook.Kafka(kafkaWith(extra))
		assert.ErrorIs(t, err, hook.ErrUnsupported, extra)
		e, ok := errors.AsType[*hook.Error](err)
		require.True(t, ok, extra)
		assert.Equal(t, key, e.Key, extra)
		assert.NotEmpty(t, k.Seeds, "the settings are complete")
	}
}

func TestKafkaFields(t *testing.T) {
	k, err := hook.Kafka(kafkaWith(`{"bootstrap.servers": "PLAINTEXT://K1, [::1]:1,,[::1],h:2"}`))
	require.NoError(t, err)
	assert.Equal(t, []string{"K1:9092", "[::1]:1", "[::1]:9092", "h:2"}, k.Seeds)
	assert.Equal(t, [2]string{"rdkafka", "latest"}, [2]string{k.ClientID, k.OffsetReset})
	assert.Equal(t, [2]time.Duration{45 * time.Second, 5 * time.Millisecond}, [2]time.Duration{k.SessionTimeout, k.Linger})
	k, err = hook.Kafka(kafkaWith(`{"acks": "0x1", "linger.ms": "2.5ms", "session.timeout.ms": "6000x", "retry": null}`))
	require.Error(t, err)
	assert.Zero(t, k)
	k, err = hook.Kafka(kafkaWith(`{"acks": "0x1", "linger.ms": "2.5ms", "session.timeout.ms": " 6000x", "request.timeout.ms": "010", "client.id": null, "transactional.id": ""}`))
	require.NoError(t, err)
	assert.Equal(t, 1, k.Acks)
	assert.Equal(t, [3]time.Duration{2500 * time.Microsecond, 6 * time.Second, 8 * time.Millisecond}, [3]time.Duration{k.Linger, k.SessionTimeout, k.ProduceTimeout})
	assert.False(t, k.Idempotent)
	k, err = hook.Kafka(kafkaWith(`{"linger.ms": "NAN(1)", "retries": 3, "fetch.min.bytes": 10, "partition.assignment.strategy": "roundrobin, range", "enable.auto.offset.store": false, "statistics.interval.ms": 5}`))
	require.NoError(t, err)
	assert.Zero(t, k.Linger)
	assert.Equal(t, [4]any{3, 10, false, 1_000_000}, [4]any{k.Retries, k.FetchMinBytes, k.AutoOffsetStore, k.MaxInFlight})
	assert.Equal(t, []string{"roundrobin", "range"}, k.Assignors)
	k, err = hook.Kafka(kafkaWith(`{"linger.ms": "0x10"}`))
	require.NoError(t, err)
	assert.Equal(t, 16*time.Millisecond, k.Linger)
	assert.Equal(t, []string{"range", "roundrobin"}, k.Assignors)
	k, err = hook.Kafka(kafkaWith(`{"transactional.id": "t", "auto.offset.reset": "Smallest", "enable.auto.commit": "F", "compression.codec": "ZSTD"}`))
	require.NoError(t, err)
	assert.True(t, k.Idempotent)
	assert.Equal(t, [3]any{"earliest", false, "zstd"}, [3]any{k.OffsetReset, k.AutoCommit, k.Compression})
}

// PEM texts replace files, so no path is read.
func TestKafkaPEM(t *testing.T) {
	ca := issueCA(t, nil, "kafka").pem()
	quoted, err := connuri.NewExtra(map[string]any{"bootstrap.servers": "k", "security.protocol": "ssl", "ssl.ca.pem": string(ca)})
	require.NoError(t, err)
	k, err := hook.Kafka(connuri.Connection{Type: "kafka", Extra: quoted})
	require.NoError(t, err)
	config, err := k.TLSConfig(nil)
	require.NoError(t, err)
	assert.NotNil(t, config.RootCAs)
	k.KeyPEM = connuri.NewSecret("x")
	_, err = k.TLSConfig(nil)
	assert.EqualError(t, err, "hook: there is a client key without a client certificate")
	k.CAPEM, k.TLS.CAFile = connuri.Secret{}, "/ca"
	_, err = k.TLSConfig(missingFile)
	assert.ErrorIs(t, err, os.ErrNotExist)
}

func ExampleKafka() {
	c := connuri.Connection{Type: "kafka", Extra: connuri.RawExtra(`{"bootstrap.servers": "k1.example.com,k2.example.com:9093", "group.id": "billing",
		"security.protocol": "SASL_SSL", "sasl.mechanism": "SCRAM-SHA-512", "sasl.username": "app", "sasl.password": "s3cr3t", "enable.auto.commit": "false"}`)}
	k, err := hook.Kafka(c)
	if err != nil {
		fmt.Println(err)
		return
	}
	// The fields go one by one into the options of franz-go.
	fmt.Println(k.Seeds, k.TLS.Mode, k.Mechanism, k.Username, k.Password)
	fmt.Println(k.Group, k.SessionTimeout, k.AutoCommit, k.Properties)
	c.Extra = connuri.RawExtra(`{"bootstrap.servers": "k1", "security.protocol": "SSL", "ssl.crl.location": "/etc/crl.pem"}`)
	_, err = hook.Kafka(c)
	fmt.Println(errors.Is(err, hook.ErrUnsupported), err)
	// Output:
	// [k1.example.com:9092 k2.example.com:9093] verify-full SCRAM-SHA-512 app [redacted]
	// billing 45s false 7 secrets
	// true kafka connection: extra ssl.crl.location: Go cannot follow it, and without it the connection is less safe or has another login; leave it out, and configure the client in Go
}

func FuzzKafka(f *testing.F) {
	fuzzHook(f, "kafka", func(t *testing.T, c connuri.Connection) error {
		k, err := hook.Kafka(c)
		if k.TLS.Mode == hook.TLSOff && k.TLS != (hook.TLS{}) {
			t.Error("TLS is off, and not zero")
		}
		if complete := err == nil || errors.Is(err, hook.ErrUnsupported); complete == (len(k.Seeds) == 0) || k.Mechanism == "OAUTHBEARER" && k.Token == nil {
			t.Error("settings that cannot be")
		}
		return err
	})
}
