package main

import (
	"context"
	"crypto/tls"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/examples/clients/internal/servers"
)

func pingKafka(ctx context.Context, c connuri.Connection) error {
	client, err := openKafka(c, kgo.RequestRetries(1), kgo.RetryTimeout(time.Second))
	if err != nil {
		return err
	}
	defer client.Close()
	return client.Ping(ctx)
}

// TestKafka logs in to a broker in the test itself, over TLS, and sends a record to itself.
func TestKafka(t *testing.T) {
	certificate, caFile := servers.Certificate(t)
	cluster, err := kfake.NewCluster(
		kfake.NumBrokers(1), kfake.SeedTopics(1, "orders"), kfake.TLS(&tls.Config{Certificates: []tls.Certificate{certificate}}), kfake.EnableSASL(),
		kfake.Superuser("PLAIN", "app", password), kfake.Superuser("SCRAM-SHA-256", "app", password), kfake.Superuser("SCRAM-SHA-512", "app", password),
	)
	require.NoError(t, err)
	defer cluster.Close()
	for _, row := range []struct {
		name  string
		extra map[string]any
		wrong string
	}{
		{"PLAIN", map[string]any{}, ""},
		{"SCRAM-SHA-256", map[string]any{"sasl.mechanism": "SCRAM-SHA-256"}, ""},
		{"SCRAM-SHA-512", map[string]any{"sasl.mechanism": "SCRAM-SHA-512", "ssl.endpoint.identification.algorithm": "none"}, ""},
		{"idempotent", map[string]any{"enable.idempotence": "true", "compression.type": "zstd"}, ""},
		{"leader", map[string]any{"acks": "1", "enable.auto.commit": false, "group.instance.id": "i"}, ""},
		{"any certificate", map[string]any{"enable.ssl.certificate.verification": "false", "ssl.ca.location": strangersCA(t)}, ""},
		{"wrong CA", map[string]any{"ssl.ca.location": strangersCA(t)}, "certificate"},
		{"wrong password", map[string]any{"sasl.password": password + "x"}, "EOF"}, // the broker hangs up
		{"wrong password, SCRAM", map[string]any{"sasl.mechanism": "SCRAM-SHA-512", "sasl.password": password + "x"}, "EOF"},
	} {
		t.Run(row.name, func(t *testing.T) {
			extra := map[string]any{
				"bootstrap.servers": cluster.ListenAddrs()[0], "security.protocol": "SASL_SSL", "sasl.mechanism": "PLAIN", "sasl.username": "app", "sasl.password": password,
				"ssl.ca.location": caFile, "group.id": row.name, "auto.offset.reset": "earliest", "linger.ms": 1,
			}
			for key, v := range row.extra {
				extra[key] = v
			}
			c := connuri.Connection{Type: "kafka"}
			var err error
			c.Extra, err = connuri.NewExtra(extra)
			require.NoError(t, err)
			if row.wrong != "" {
				err := pingKafka(within(t), c)
				require.ErrorContains(t, err, row.wrong)
				noSecret(t, err)
				return
			}
			client, err := openKafka(c, kgo.ConsumeTopics("orders"))
			require.NoError(t, err)
			defer client.Close()
			require.NoError(t, client.ProduceSync(within(t), &kgo.Record{Topic: "orders", Value: []byte("1")}).FirstErr())
			assert.NotEmpty(t, client.PollFetches(within(t)).Records())
		})
	}
}

// TestKafkaOptions compares the options that franz-go receives with the connection.
func TestKafkaOptions(t *testing.T) {
	c := connuri.Connection{Type: "kafka", Extra: connuri.RawExtra(`{"bootstrap.servers": "k1,k2:1", "client.id": "billing", "client.rack": "r1", "group.id": "g", "group.instance.id": "i",
		"session.timeout.ms": "6000", "heartbeat.interval.ms": 500, "max.poll.interval.ms": 9000, "auto.commit.interval.ms": 0, "enable.auto.commit": "F",
		"socket.connection.setup.timeout.ms": 1000, "socket.timeout.ms": 10, "metadata.max.age.ms": 86400000, "acks": "0", "linger.ms": 2.5, "message.max.bytes": 5000,
		"delivery.timeout.ms": 100, "request.timeout.ms": 20, "auto.offset.reset": "error", "isolation.level": "READ_UNCOMMITTED"}`)}
	client, err := openKafka(c)
	require.NoError(t, err)
	defer client.Close()
	for want, option := range map[any]any{
		"billing": kgo.ClientID, "r1": kgo.Rack, "g": kgo.ConsumerGroup, "i": kgo.InstanceID, 6 * time.Second: kgo.SessionTimeout, 500 * time.Millisecond: kgo.HeartbeatInterval,
		9 * time.Second: kgo.RebalanceTimeout, true: kgo.DisableAutoCommit, time.Hour: kgo.MetadataMaxAge, kgo.NoAck(): kgo.RequiredAcks,
		2500 * time.Microsecond: kgo.ProducerLinger, int32(5000): kgo.ProducerBatchMaxBytes, time.Second: kgo.RecordDeliveryTimeout, int8(0): kgo.FetchIsolationLevel,
		kgo.NoResetOffset(): kgo.ConsumeResetOffset,
	} {
		got := client.OptValue(option)
		if text, ok := got.(*string); ok {
			got = *text
		}
		assert.Equal(t, want, got)
	}
	assert.Equal(t, 100*time.Millisecond, client.OptValue(kgo.RequestTimeoutOverhead))
	assert.Equal(t, 100*time.Millisecond, client.OptValue(kgo.AutoCommitInterval))
	assert.Equal(t, 100*time.Millisecond, client.OptValue(kgo.ProduceRequestTimeout))
	assert.Equal(t, []string{"k1:9092", "k2:1"}, client.OptValue(kgo.SeedBrokers))
	assert.Equal(t, true, client.OptValue(kgo.DisableIdempotentWrite))
	assert.Nil(t, client.OptValue(kgo.DialTLSConfig))
}
