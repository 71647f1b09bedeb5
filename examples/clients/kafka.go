package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

// openKafka makes a client that consumes and produces. It connects when it is first used. The
// options more, such as kgo.ConsumeTopics, follow those of the connection.
func openKafka(c connuri.Connection, more ...kgo.Opt) (*kgo.Client, error) {
	k, err := hook.Kafka(c)
	if err != nil {
		return nil, err
	}
	login, err := kafkaLogin(k)
	if err != nil {
		return nil, err
	}
	tlsConfig, err := k.TLSConfig(os.ReadFile)
	if err != nil {
		return nil, err
	}
	all := slices.Concat(login, kafkaConnections(k, tlsConfig), kafkaConsumer(k), kafkaGroup(k), kafkaProducer(k), more)
	client, err := kgo.NewClient(all...)
	if err != nil {
		return nil, errors.New("kafka: franz-go cannot use the connection") // whose error may quote it
	}
	return client, nil
}

func kafkaConnections(k hook.KafkaConfig, tlsConfig *tls.Config) []kgo.Opt {
	opts := []kgo.Opt{
		kgo.SeedBrokers(k.Seeds...), kgo.ClientID(k.ClientID), kgo.Rack(k.Rack),
		kgo.DialTimeout(k.ConnectTimeout), kgo.MetadataMaxAge(min(k.MetadataMaxAge, time.Hour)),
		kgo.RequestTimeoutOverhead(max(k.RequestTimeout, 100*time.Millisecond)),
	}
	if tlsConfig != nil {
		opts = append(opts, kgo.DialTLSConfig(tlsConfig))
	}
	if k.IdleTimeout > 0 {
		opts = append(opts, kgo.ConnIdleTimeout(max(k.IdleTimeout, time.Second)))
	}
	return opts
}

func kafkaLogin(k hook.KafkaConfig) ([]kgo.Opt, error) {
	switch k.Mechanism {
	case "":
		return nil, nil
	case "PLAIN":
		return []kgo.Opt{kgo.SASL(plain.Auth{User: k.Username, Pass: k.Password.Reveal()}.AsMechanism())}, nil
	case "SCRAM-SHA-256":
		return []kgo.Opt{kgo.SASL(scram.Auth{User: k.Username, Pass: k.Password.Reveal()}.AsSha256Mechanism())}, nil
	case "SCRAM-SHA-512":
		return []kgo.Opt{kgo.SASL(scram.Auth{User: k.Username, Pass: k.Password.Reveal()}.AsSha512Mechanism())}, nil
	}
	return nil, errors.New("kafka: the connection asks for a token, which this program does not fetch; " +
		"see hook.KafkaConfig.Token, and sasl/aws or sasl/oauth of franz-go")
}

func kafkaConsumer(k hook.KafkaConfig) []kgo.Opt {
	offsets := map[string]kgo.Offset{
		"earliest": kgo.NewOffset().AtStart(), "latest": kgo.NewOffset().AtEnd(), "error": kgo.NoResetOffset(),
	}
	isolation := map[string]kgo.IsolationLevel{
		"read_committed": kgo.ReadCommitted(), "read_uncommitted": kgo.ReadUncommitted(),
	}
	most := min(max(k.FetchMaxBytes, 1), 100<<20)
	opts := []kgo.Opt{
		kgo.ConsumeResetOffset(offsets[k.OffsetReset]), kgo.FetchIsolationLevel(isolation[k.Isolation]),
		kgo.FetchMinBytes(int32(k.FetchMinBytes)), kgo.FetchMaxBytes(int32(most)),
		kgo.FetchMaxPartitionBytes(int32(min(k.FetchMaxPartitionBytes, most))),
		kgo.FetchMaxWait(max(k.FetchMaxWait, 10*time.Millisecond)),
	}
	if k.AutoCreateTopics {
		opts = append(opts, kgo.AllowAutoTopicCreation())
	}
	return opts
}

func kafkaGroup(k hook.KafkaConfig) []kgo.Opt {
	if k.Group == "" {
		return nil
	}
	balancers := map[string]kgo.GroupBalancer{
		"range": kgo.RangeBalancer(), "roundrobin": kgo.RoundRobinBalancer(), "cooperative-sticky": kgo.CooperativeStickyBalancer(),
	}
	used := make([]kgo.GroupBalancer, 0, len(k.Assignors))
	for _, name := range k.Assignors {
		used = append(used, balancers[name])
	}
	opts := []kgo.Opt{kgo.Balancers(used...), kgo.ConsumerGroup(k.Group), kgo.SessionTimeout(k.SessionTimeout), kgo.HeartbeatInterval(k.HeartbeatInterval),
		kgo.RebalanceTimeout(k.MaxPollInterval), kgo.AutoCommitInterval(max(k.AutoCommitInterval, 100*time.Millisecond))}
	if k.InstanceID != "" {
		opts = append(opts, kgo.InstanceID(k.InstanceID))
	}
	switch {
	case !k.AutoCommit:
		opts = append(opts, kgo.DisableAutoCommit())
	case !k.AutoOffsetStore:
		opts = append(opts, kgo.AutoCommitMarks())
	}
	return opts
}

func kafkaProducer(k hook.KafkaConfig) []kgo.Opt {
	acks := map[int]kgo.Acks{-1: kgo.AllISRAcks(), 0: kgo.NoAck(), 1: kgo.LeaderAck()}
	codecs := map[string]kgo.CompressionCodec{"gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(),
		"lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression()}
	codec := codecs[k.Compression]
	if k.CompressionLevel >= 0 {
		codec = codec.WithLevel(k.CompressionLevel)
	}
	opts := []kgo.Opt{kgo.RecordRetries(k.Retries), kgo.ProducerLinger(k.Linger), kgo.ProducerBatchCompression(codec), kgo.ProduceRequestTimeout(max(k.ProduceTimeout, 100*time.Millisecond)),
		kgo.ProducerBatchMaxBytes(int32(k.MaxMessageBytes)), kgo.RequiredAcks(acks[k.Acks])}
	if k.DeliveryTimeout > 0 {
		opts = append(opts, kgo.RecordDeliveryTimeout(max(k.DeliveryTimeout, time.Second)))
	}
	if !k.Idempotent {
		opts = append(opts, kgo.DisableIdempotentWrite(), kgo.MaxProduceRequestsInflightPerBroker(k.MaxInFlight))
	}
	if k.TransactionalID != "" {
		opts = append(opts, kgo.TransactionalID(k.TransactionalID), kgo.TransactionTimeout(k.TransactionTimeout))
	}
	return opts
}

func showKafka(client *kgo.Client) []string {
	login := "none"
	if mechanisms, _ := client.OptValue(kgo.SASL).([]sasl.Mechanism); len(mechanisms) > 0 {
		login = mechanisms[0].Name()
	}
	tlsConfig, _ := client.OptValue(kgo.DialTLSConfig).(*tls.Config)
	return []string{
		fmt.Sprintf("servers   %s, group %v", strings.Join(client.OptValue(kgo.SeedBrokers).([]string), ", "), client.OptValue(kgo.ConsumerGroup)),
		"login     " + login,
		"TLS       " + shownTLS(tlsConfig),
	}
}
