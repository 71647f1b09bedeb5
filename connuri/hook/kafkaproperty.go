package hook

import (
	"slices"
	"strconv"
	"strings"
	"sync"
)

// kafkaKind is what librdkafka takes for a property.
type kafkaKind uint8

const (
	kafkaText  kafkaKind = iota // any text
	kafkaWhole                  // a whole number within bounds
	kafkaFloat                  // a number within bounds
	kafkaBool                   // true, t, 1, false, f or 0
	kafkaWord                   // one word of a list
	kafkaWords                  // words of a list, with commas between them
)

// kafkaProperty is a property of librdkafka 2.16.
type kafkaProperty struct {
	name     string // the one that librdkafka's errors use
	kind     kafkaKind
	min, max int64
	words    []string
}

// kafkaNumbers are properties that are numbers, with their bounds.
const kafkaNumbers = `message.max.bytes 1000 1000000000, message.copy.max.bytes 0 1000000000,
	receive.message.max.bytes 1000 2147483647, max.in.flight.requests.per.connection 1 1000000,
	metadata.recovery.rebootstrap.trigger.ms 0 2147483647, topic.metadata.refresh.interval.ms -1 3600000,
	metadata.max.age.ms 1 86400000, topic.metadata.refresh.fast.interval.ms 1 60000,
	topic.metadata.refresh.fast.cnt 0 1000, topic.metadata.propagation.max.ms 0 3600000,
	socket.timeout.ms 10 300000, socket.blocking.max.ms 1 60000, socket.send.buffer.bytes 0 100000000,
	socket.receive.buffer.bytes 0 100000000, socket.max.fails 0 1000000, broker.address.ttl 0 86400000,
	socket.connection.setup.timeout.ms 1000 2147483647, connections.max.idle.ms 0 2147483647,
	reconnect.backoff.jitter.ms 0 3600000, reconnect.backoff.ms 0 3600000, reconnect.backoff.max.ms 0 3600000,
	statistics.interval.ms 0 86400000, enabled_events 0 2147483647, log_level 0 7,
	internal.termination.signal 0 128, api.version.request.timeout.ms 1 300000, api.version.fallback.ms 0 604800000,
	sasl.kerberos.min.time.before.relogin 0 86400000, sasl.oauthbearer.assertion.claim.exp.seconds 1 2147483647,
	sasl.oauthbearer.assertion.claim.nbf.seconds 0 2147483647, session.timeout.ms 1 3600000,
	heartbeat.interval.ms 1 3600000, coordinator.query.interval.ms 1 3600000, max.poll.interval.ms 1 86400000,
	auto.commit.interval.ms 0 86400000, queued.min.messages 1 10000000, queued.max.messages.kbytes 1 2097151,
	fetch.wait.max.ms 0 300000, fetch.queue.backoff.ms 0 300000, fetch.message.max.bytes 1 1000000000,
	fetch.max.bytes 0 2147483135, fetch.min.bytes 0 2147483647, fetch.error.backoff.ms 0 300000,
	max.poll.records 1 2147483647, transaction.timeout.ms 1000 2147483647,
	queue.buffering.max.messages 0 2147483647, queue.buffering.max.kbytes 1 2147483647,
	queue.buffering.max.ms 0 900000, message.send.max.retries 0 2147483647, retry.backoff.ms 1 300000,
	retry.backoff.max.ms 1 300000, queue.buffering.backpressure.threshold 1 1000000, batch.num.messages 1 1000000,
	batch.size 1 2147483647, sticky.partitioning.linger.ms 0 900000, request.required.acks -1 1000,
	request.timeout.ms 1 900000, message.timeout.ms 0 2147483647, compression.level -1 12,
	offset.store.sync.interval.ms -1 86400000, consume.callback.max.messages 0 1000000`

// kafkaSwitches are properties that are true or false.
const kafkaSwitches = `topic.metadata.refresh.sparse socket.keepalive.enable socket.nagle.disable log.queue log.thread.name
	enable.random.seed log.connection.close api.version.request allow.auto.create.topics
	enable.ssl.certificate.verification enable.sasl.oauthbearer.unsecure.jwt
	sasl.oauthbearer.assertion.claim.jti.include enable.auto.commit enable.auto.offset.store enable.partition.eof
	check.crcs enable.idempotence enable.gapless.guarantee delivery.report.only.error enable.metrics.push
	produce.offset.report auto.commit.enable`

// kafkaLists are properties that are one of some words.
const kafkaLists = `metadata.recovery.strategy none rebootstrap
	debug generic broker topic metadata feature queue msg protocol cgrp security fetch interceptor plugin consumer admin eos mock assignor conf telemetry all
	builtin.features gzip snappy ssl sasl regex lz4 sasl_gssapi sasl_plain sasl_scram plugins zstd sasl_oauthbearer http oidc
	broker.address.family any v4 v6
	security.protocol plaintext ssl sasl_plaintext sasl_ssl
	ssl.endpoint.identification.algorithm none https
	sasl.oauthbearer.method default oidc
	sasl.oauthbearer.grant.type client_credentials urn:ietf:params:oauth:grant-type:jwt-bearer
	sasl.oauthbearer.assertion.algorithm RS256 ES256
	sasl.oauthbearer.metadata.authentication.type none azure_imds aws_iam
	group.protocol classic consumer
	offset.store.method none file broker
	isolation.level read_uncommitted read_committed
	compression.codec none gzip snappy lz4 zstd
	client.dns.lookup use_all_dns_ips resolve_canonical_bootstrap_servers_only
	queuing.strategy fifo lifo
	partitioner random consistent consistent_random murmur2 murmur2_random fnv1a fnv1a_random
	auto.offset.reset smallest earliest beginning largest latest end error`

// kafkaTexts are properties that may be any text.
const kafkaTexts = `client.id metadata.broker.list topic.blacklist broker.version.fallback ssl.cipher.suites
	ssl.curves.list ssl.sigalgs.list ssl.key.location ssl.key.password ssl.key.pem ssl.certificate.location
	ssl.certificate.pem ssl.ca.location https.ca.location https.ca.pem ssl.ca.pem ssl.crl.location
	ssl.keystore.location ssl.keystore.password ssl.providers ssl.engine.location ssl.engine.id sasl.mechanisms
	sasl.kerberos.service.name sasl.kerberos.principal sasl.kerberos.kinit.cmd sasl.kerberos.keytab sasl.username
	sasl.password sasl.oauthbearer.config sasl.oauthbearer.client.id sasl.oauthbearer.client.credentials.client.id
	sasl.oauthbearer.client.credentials.client.secret sasl.oauthbearer.client.secret sasl.oauthbearer.scope
	sasl.oauthbearer.extensions sasl.oauthbearer.token.endpoint.url sasl.oauthbearer.sub.claim.name
	sasl.oauthbearer.assertion.private.key.file sasl.oauthbearer.assertion.private.key.passphrase
	sasl.oauthbearer.assertion.private.key.pem sasl.oauthbearer.assertion.file sasl.oauthbearer.assertion.claim.aud
	sasl.oauthbearer.assertion.claim.iss sasl.oauthbearer.assertion.claim.sub
	sasl.oauthbearer.assertion.jwt.template.file plugin.library.paths group.id group.instance.id
	partition.assignment.strategy group.protocol.type group.remote.assignor client.rack share.acknowledgement.mode
	transactional.id offset.store.path`

// kafkaAliases are second names of properties, each before the first.
const kafkaAliases = `bootstrap.servers metadata.broker.list max.in.flight max.in.flight.requests.per.connection
	sasl.mechanism sasl.mechanisms max.partition.fetch.bytes fetch.message.max.bytes linger.ms queue.buffering.max.ms
	retries message.send.max.retries compression.type compression.codec acks request.required.acks
	delivery.timeout.ms message.timeout.ms`

// kafkaTable is made when it is first needed. A variable with a value made by a function
// would be linked into every program that uses this package.
var kafkaTable struct {
	once       sync.Once
	properties map[string]kafkaProperty
}

// kafkaProperties are the properties by all their names.
func kafkaProperties() map[string]kafkaProperty {
	kafkaTable.once.Do(func() { kafkaTable.properties = newKafkaProperties() })
	return kafkaTable.properties
}

func newKafkaProperties() map[string]kafkaProperty {
	properties := map[string]kafkaProperty{}
	for entry := range strings.SplitSeq(kafkaNumbers, ",") {
		f := strings.Fields(entry)
		p := kafkaProperty{name: f[0], kind: kafkaWhole}
		p.min, _ = strconv.ParseInt(f[1], 10, 64)
		p.max, _ = strconv.ParseInt(f[2], 10, 64)
		if p.name == "queue.buffering.max.ms" {
			p.kind = kafkaFloat
		}
		properties[p.name] = p
	}
	for name := range strings.FieldsSeq(kafkaSwitches) {
		properties[name] = kafkaProperty{name: name, kind: kafkaBool}
	}
	for line := range strings.Lines(kafkaLists) {
		f := strings.Fields(line)
		p := kafkaProperty{name: f[0], kind: kafkaWord, words: f[1:]}
		if p.name == "debug" || p.name == "builtin.features" {
			p.kind = kafkaWords
		}
		properties[p.name] = p
	}
	for name := range strings.FieldsSeq(kafkaTexts) {
		properties[name] = kafkaProperty{name: name}
	}
	aliases := strings.Fields(kafkaAliases)
	for pair := range slices.Chunk(aliases, 2) {
		properties[pair[0]] = properties[pair[1]]
	}
	return properties
}

// read checks a value as rd_kafka_conf_set does, and returns it as the settings hold it: a
// number and a switch in their own types too, a word in lower case. It returns what the
// value must be if it is not that.
func (p kafkaProperty) read(text string) (v kafkaValue, must string) {
	switch p.kind {
	case kafkaWhole, kafkaFloat:
		number := cWhole
		if p.kind == kafkaFloat {
			number = cFloat
		}
		n, ok := number(text)
		if p.name == "request.required.acks" && strings.EqualFold(text, "all") {
			n, ok = -1, true
		}
		if !ok || n < float64(p.min) || n > float64(p.max) {
			return v, "a number from " + strconv.FormatInt(p.min, 10) + " to " + strconv.FormatInt(p.max, 10)
		}
		return kafkaValue{text: text, number: n}, ""
	case kafkaBool:
		switch strings.ToLower(text) {
		case "true", "t", "1":
			return kafkaValue{text: "true", isTrue: true}, ""
		case "false", "f", "0":
			return kafkaValue{text: "false"}, ""
		}
		return v, "true or false"
	case kafkaWord, kafkaWords:
		if word, ok := p.word(trimC(text)); ok {
			return kafkaValue{text: word}, ""
		}
		return v, "one of " + strings.Join(p.words, ", ")
	}
	switch text = trimC(text); {
	case text == "" && (p.name == "sasl.mechanisms" || p.name == "broker.version.fallback"):
		return v, "a text that is not empty"
	case p.name == "sasl.mechanisms" && strings.ContainsAny(text, ", "):
		return v, "one mechanism, and no space"
	}
	return kafkaValue{text: text}, ""
}

// word is the word, or words, in lower case, if they are on the list.
func (p kafkaProperty) word(text string) (string, bool) {
	isWord := func(text string) bool {
		return slices.ContainsFunc(p.words, func(word string) bool {
			return word == text || p.name != "partitioner" && strings.EqualFold(word, text)
		})
	}
	if p.kind == kafkaWord || text == "" {
		return strings.ToLower(text), isWord(text)
	}
	for word := range strings.SplitSeq(text, ",") {
		word = strings.TrimPrefix(trimC(word), "-")
		if word != "" && !isWord(word) {
			return "", false
		}
	}
	return strings.ToLower(text), true
}

// trimC leaves out the spaces that C's isspace finds at the beginning.
func trimC(text string) string { return strings.TrimLeft(text, " \t\n\v\f\r") }
