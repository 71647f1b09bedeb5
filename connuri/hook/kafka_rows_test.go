package hook_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

// kafkaTest compares the configuration of librdkafka: what a field of the settings is for is
// taken from that field, and the rest from Properties.
var kafkaTest = hookTest{
	name: "kafka",
	read: func(c connuri.Connection) (object, error) {
		k, err := hook.Kafka(c)
		config := object{}
		for name, text := range k.Properties {
			config[name] = text.Reveal()
			if v, isTyped := kafkaField(k, name); isTyped {
				config[name] = v
			}
		}
		if _, twice := config["metadata.broker.list"]; twice { // of which the last counts
			config["bootstrap.servers"] = kafkaNormal("bootstrap.servers", k.Properties["bootstrap.servers"].Reveal())
		}
		got := object{"config": config}
		if k.Token != nil && k.Token.Region != "" {
			got["msk_iam_region"] = []any{k.Token.Region}
		}
		return got, err
	},
	fails: func(result object) string {
		driver, _ := result["driver"].(object)
		_, isMSK := result["msk_iam_region"]
		switch {
		case result["error"] != nil:
			return "the hook"
		case driver["error"] != nil && (!isMSK || driver["option"] != nil): // for MSK the recording had no callback
			return "librdkafka"
		}
		return ""
	},
	names: func(result object) string {
		driver, _ := result["driver"].(object)
		option, _ := driver["option"].(string)
		return option
	},
	refused: func(result object) string {
		config, _ := result["config"].(object)
		for name, v := range config {
			if v != nil && slices.Contains(strings.Fields(kafkaRefused), name) && strings.HasSuffix(strings.ToLower(fmt.Sprint(config["security.protocol"])), "ssl") {
				return name + " with TLS"
			}
		}
		if acks, err := strconv.Atoi(fmt.Sprint(config["acks"])); err == nil && acks > 1 {
			return "acks above 1"
		}
		if config["sasl.mechanism"] == "OAUTHBEARER" && slices.Contains([]string{"true", "1", "t"}, strings.ToLower(fmt.Sprint(config["enable.sasl.oauthbearer.unsecure.jwt"]))) {
			return "a token without a signature"
		}
		if config["sasl.mechanism"] == "SCRAM-SHA-1" && strings.HasPrefix(strings.ToLower(fmt.Sprint(config["security.protocol"])), "sasl") {
			return "SCRAM-SHA-1"
		}
		return ""
	},
	notCompared: []string{"driver"},
	want: func(result object) object {
		config, _ := result["config"].(object)
		for name, v := range config {
			if isTrue, ok := v.(bool); ok {
				v = fmt.Sprint(isTrue)
			}
			if v != nil {
				config[name] = kafkaNormal(name, v)
			}
		}
		return result
	},
	choices: []hookChoice{{
		reason: "a server that librdkafka leaves aside, or that may hold a login: ours is an error",
		met: func(_ connuri.Connection, _ error, result object) bool {
			config, _ := result["config"].(object)
			return result["driver"] == "ok" && !kafkaServers(config["bootstrap.servers"], config["security.protocol"])
		},
	}},
	leaves: 362,
}

// kafkaRefused are properties that make TLS safer, or bring a client's key that Go cannot read.
const kafkaRefused = "ssl.crl.location ssl.key.password ssl.keystore.location ssl.engine.location"

// kafkaField is a property as its field has it, if it has one that counts.
func kafkaField(k hook.KafkaConfig, name string) (v any, ok bool) {
	milliseconds := func(d time.Duration) (any, bool) {
		return strings.TrimSuffix(fmt.Sprintf("%.3f", float64(d)/float64(time.Millisecond)), ".000"), true
	}
	isTLS, isSASL := k.TLS.Mode != hook.TLSOff, k.Mechanism != ""
	switch name {
	case "bootstrap.servers":
		return strings.Join(k.Seeds, ","), true
	case "client.id":
		return k.ClientID, true
	case "client.rack":
		return k.Rack, true
	case "security.protocol":
		return map[[2]bool]string{{}: "plaintext", {true, false}: "ssl", {false, true}: "sasl_plaintext", {true, true}: "sasl_ssl"}[[2]bool{isTLS, isSASL}], true
	case "ssl.ca.location":
		return k.TLS.CAFile, isTLS
	case "ssl.certificate.location":
		return k.TLS.CertFile, isTLS
	case "ssl.key.location":
		return k.TLS.KeyFile, isTLS
	case "enable.ssl.certificate.verification":
		return fmt.Sprint(k.TLS.Mode != hook.TLSUnverified), isTLS
	case "ssl.endpoint.identification.algorithm":
		return map[hook.TLSMode]string{hook.TLSVerifyCA: "none", hook.TLSVerifyFull: "https"}[k.TLS.Mode], isTLS && k.TLS.Mode != hook.TLSUnverified
	case "sasl.mechanism", "sasl.mechanisms":
		return k.Mechanism, isSASL
	case "sasl.username":
		return k.Username, isSASL
	case "sasl.password":
		return k.Password.Reveal(), isSASL
	case "socket.connection.setup.timeout.ms":
		return milliseconds(k.ConnectTimeout)
	case "socket.timeout.ms":
		return milliseconds(k.RequestTimeout)
	case "metadata.max.age.ms":
		return milliseconds(k.MetadataMaxAge)
	case "group.id":
		return k.Group, true
	case "group.instance.id":
		return k.InstanceID, true
	case "session.timeout.ms":
		return milliseconds(k.SessionTimeout)
	case "heartbeat.interval.ms":
		return milliseconds(k.HeartbeatInterval)
	case "max.poll.interval.ms":
		return milliseconds(k.MaxPollInterval)
	case "enable.auto.commit":
		return fmt.Sprint(k.AutoCommit), true
	case "auto.commit.interval.ms":
		return milliseconds(k.AutoCommitInterval)
	case "auto.offset.reset":
		return k.OffsetReset, true
	case "isolation.level":
		return k.Isolation, true
	case "acks":
		return k.Acks, true
	case "enable.idempotence":
		return fmt.Sprint(k.Idempotent), k.TransactionalID == ""
	case "transactional.id":
		return k.TransactionalID, true
	case "partition.assignment.strategy":
		return strings.Join(k.Assignors, ","), true
	case "enable.auto.offset.store":
		return fmt.Sprint(k.AutoOffsetStore), true
	case "allow.auto.create.topics":
		return fmt.Sprint(k.AutoCreateTopics), true
	case "fetch.min.bytes":
		return k.FetchMinBytes, true
	case "fetch.max.bytes":
		return k.FetchMaxBytes, true
	case "max.partition.fetch.bytes", "fetch.message.max.bytes":
		return k.FetchMaxPartitionBytes, true
	case "fetch.wait.max.ms":
		return milliseconds(k.FetchMaxWait)
	case "connections.max.idle.ms":
		return milliseconds(k.IdleTimeout)
	case "compression.level":
		return k.CompressionLevel, true
	case "retries", "message.send.max.retries":
		return k.Retries, true
	case "max.in.flight", "max.in.flight.requests.per.connection":
		return k.MaxInFlight, true
	case "transaction.timeout.ms":
		return milliseconds(k.TransactionTimeout)
	case "linger.ms", "queue.buffering.max.ms":
		return milliseconds(k.Linger)
	case "compression.type":
		return k.Compression, true
	case "message.max.bytes":
		return k.MaxMessageBytes, true
	case "delivery.timeout.ms", "message.timeout.ms":
		return milliseconds(k.DeliveryTimeout)
	case "request.timeout.ms":
		return milliseconds(k.ProduceTimeout)
	}
	return nil, false
}

// kafkaServers reports whether there are servers, each host:port with no other protocol before it.
func kafkaServers(servers, protocol any) bool {
	text := strings.ToLower(fmt.Sprint(servers))
	if protocol == nil {
		protocol = "plaintext"
	}
	text = strings.ReplaceAll(text, strings.TrimSpace(strings.ToLower(fmt.Sprint(protocol)))+"://", "")
	return strings.Trim(text, ", ") != "" && !strings.ContainsAny(text, "@/?#=")
}

// kafkaNormal is a recorded value in the form of ours: servers with their port, words of
// librdkafka in lower case and by their first name, switches as true and false.
func kafkaNormal(name string, v any) any {
	text := fmt.Sprint(v)
	lower := strings.ToLower(text)
	switch name {
	case "bootstrap.servers":
		var servers []string
		for server := range strings.SplitSeq(text, ",") {
			server = strings.TrimSpace(server)
			if at := strings.Index(server, "://"); at >= 0 {
				server = server[at+3:]
			}
			if !strings.Contains(server, ":") {
				server += ":9092"
			}
			if server != ":9092" {
				servers = append(servers, server)
			}
		}
		return strings.Join(servers, ",")
	case "ssl.ca.location":
		return strings.TrimPrefix(text, "probe")
	case "acks":
		return kafkaNumber(strings.Replace(lower, "all", "-1", 1), false)
	case "auto.offset.reset":
		return strings.NewReplacer("smallest", "earliest", "beginning", "earliest", "largest", "latest", "end", "latest").Replace(lower)
	case "partition.assignment.strategy":
		return strings.Trim(strings.ReplaceAll(text, " ", ""), ",")
	case "security.protocol", "ssl.endpoint.identification.algorithm", "isolation.level", "compression.type", "compression.codec",
		"debug", "broker.address.family", "metadata.recovery.strategy", "group.protocol", "offset.store.method", "client.dns.lookup",
		"queuing.strategy", "sasl.oauthbearer.method", "sasl.oauthbearer.grant.type", "sasl.oauthbearer.assertion.algorithm",
		"sasl.oauthbearer.metadata.authentication.type":
		return strings.TrimLeft(lower, " ")
	}
	if _, isTyped := kafkaField(hook.KafkaConfig{}, name); isTyped && slices.Contains(strings.Fields(kafkaNumbers), name) {
		return kafkaNumber(text, strings.Contains("linger.ms queue.buffering.max.ms", name))
	}
	if !kafkaIsSwitch(name) {
		return v
	}
	switch lower {
	case "t", "1":
		return "true"
	case "f", "0":
		return "false"
	}
	return lower
}

// kafkaNumbers are the numbers that have a field.
const kafkaNumbers = `socket.connection.setup.timeout.ms socket.timeout.ms metadata.max.age.ms connections.max.idle.ms session.timeout.ms
 heartbeat.interval.ms max.poll.interval.ms auto.commit.interval.ms fetch.min.bytes fetch.max.bytes max.partition.fetch.bytes
 fetch.message.max.bytes fetch.wait.max.ms compression.level retries message.send.max.retries max.in.flight
 max.in.flight.requests.per.connection transaction.timeout.ms linger.ms queue.buffering.max.ms message.max.bytes
 delivery.timeout.ms message.timeout.ms request.timeout.ms`

// kafkaNumber is the number at the beginning of a text, as C reads it; nan is 0.
func kafkaNumber(text string, isFloat bool) string {
	form := `0[xX][0-9a-fA-F]+|[0-9]+`
	if isFloat {
		form = `0[xX][0-9a-fA-F]+(?:[pP][0-9]+)?|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?`
	}
	number := regexp.MustCompile(`^\s*[+-]?(?:` + form + `)`).FindString(text)
	number = strings.TrimSpace(number)
	isHex := strings.Contains(strings.ToLower(number), "0x")
	switch {
	case isFloat && strings.HasPrefix(strings.ToLower(text), "nan"):
		return "0"
	case number == "":
		return text
	case isFloat && isHex && !strings.ContainsAny(number, "pP"):
		number += "p0"
	case !isFloat:
		n, _ := strconv.ParseInt(number, 0, 64)
		return fmt.Sprint(int32(n))
	}
	n, _ := strconv.ParseFloat(number, 64)
	return strings.TrimSuffix(fmt.Sprintf("%.3f", n+0), ".000")
}

func kafkaIsSwitch(name string) bool {
	return strings.HasPrefix(name, "enable.") || slices.Contains([]string{
		"topic.metadata.refresh.sparse", "socket.keepalive.enable", "socket.nagle.disable", "log.queue", "log.thread.name", "log.connection.close",
		"api.version.request", "allow.auto.create.topics", "sasl.oauthbearer.assertion.claim.jti.include", "check.crcs",
		"delivery.report.only.error", "produce.offset.report", "auto.commit.enable",
	}, name)
}
