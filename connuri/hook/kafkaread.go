package hook

import (
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pystr"
)

// field is the place of a property, by librdkafka's name for it; nil if franz-go has no
// counterpart.
func (k *kafkaReader) field(name string) any {
	c := k.config
	switch name {
	case "metadata.broker.list":
		return &k.servers
	case "client.id":
		return &c.ClientID
	case "client.rack":
		return &c.Rack
	case "socket.connection.setup.timeout.ms":
		return &c.ConnectTimeout
	case "socket.timeout.ms":
		return &c.RequestTimeout
	case "metadata.max.age.ms":
		return &c.MetadataMaxAge
	case "group.id":
		return &c.Group
	case "group.instance.id":
		return &c.InstanceID
	case "session.timeout.ms":
		return &c.SessionTimeout
	case "heartbeat.interval.ms":
		return &c.HeartbeatInterval
	case "max.poll.interval.ms":
		return &c.MaxPollInterval
	case "enable.auto.commit", "auto.commit.enable":
		return &c.AutoCommit
	case "auto.commit.interval.ms":
		return &c.AutoCommitInterval
	case "auto.offset.reset":
		return &c.OffsetReset
	case "isolation.level":
		return &c.Isolation
	}
	if field := k.producerField(name); field != nil {
		return field
	}
	return k.securityField(name)
}

func (k *kafkaReader) producerField(name string) any {
	c := k.config
	switch name {
	case "request.required.acks":
		return &c.Acks
	case "enable.idempotence":
		return &c.Idempotent
	case "transactional.id":
		return &c.TransactionalID
	case "queue.buffering.max.ms":
		return &c.Linger
	case "compression.codec":
		return &c.Compression
	case "message.max.bytes":
		return &c.MaxMessageBytes
	case "message.timeout.ms":
		return &c.DeliveryTimeout
	case "request.timeout.ms":
		return &c.ProduceTimeout
	}
	return nil
}

func (k *kafkaReader) securityField(name string) any {
	c := k.config
	switch name {
	case "security.protocol":
		return &k.protocol
	case "ssl.ca.location":
		return &c.TLS.CAFile
	case "ssl.certificate.location":
		return &c.TLS.CertFile
	case "ssl.key.location":
		return &c.TLS.KeyFile
	case "ssl.ca.pem":
		return &c.CAPEM
	case "ssl.certificate.pem":
		return &c.PEM
	case "ssl.key.pem":
		return &c.KeyPEM
	case "enable.ssl.certificate.verification":
		return &k.verify
	case "ssl.endpoint.identification.algorithm":
		return &k.identify
	case "sasl.mechanisms":
		return &k.mechanism
	case "sasl.username":
		return &c.Username
	case "sasl.password":
		return &c.Password
	case "sasl.oauthbearer.method":
		return &k.method
	case "sasl.oauthbearer.token.endpoint.url":
		return &k.token.Endpoint
	case "sasl.oauthbearer.client.id", "sasl.oauthbearer.client.credentials.client.id":
		return &k.token.ClientID
	case "sasl.oauthbearer.client.secret", "sasl.oauthbearer.client.credentials.client.secret":
		return &k.token.ClientSecret
	case "sasl.oauthbearer.scope":
		return &k.token.Scope
	case "sasl.oauthbearer.extensions":
		return &k.token.Extensions
	}
	return nil
}

// refuseOthers refuses the first property that no field holds.
func (k *kafkaReader) refuseOthers() {
	for _, key := range k.keys {
		name := kafkaProperties()[key].name
		v, given := k.values[name]
		switch {
		case !given || v.key != key || k.field(name) != nil:
		case name == "ssl.key.password":
			k.refuse("extra", key, "crypto/tls reads no encrypted key", "decrypt the key, and write it without a password")
		default:
			k.refuse("extra", key, "franz-go has no counterpart", "leave it out, and configure the client in Go")
		}
	}
	if k.config.Acks > 1 {
		k.refuse("extra", k.values["request.required.acks"].key, "franz-go waits for none, the leader or all", "write 0, 1 or all")
	}
}

// together checks what librdkafka checks of several properties when it makes a client.
func (k *kafkaReader) together() error {
	switch strings.ToLower(k.config.OffsetReset) {
	case "smallest", "earliest", "beginning":
		k.config.OffsetReset = "earliest"
	case "largest", "latest", "end":
		k.config.OffsetReset = "latest"
	}
	if err := k.idempotence(); err != nil {
		return err
	}
	number := func(name string, otherwise float64) float64 {
		if v, given := k.values[name]; given {
			return v.number
		}
		return otherwise
	}
	linger, timeout := number("queue.buffering.max.ms", 0), number("message.timeout.ms", 0)
	switch {
	case number("reconnect.backoff.max.ms", 10_000) < number("reconnect.backoff.ms", 100):
		return k.bad("extra", "reconnect.backoff.max.ms", "it is less than reconnect.backoff.ms", "write a larger number")
	case linger > 0 && timeout > 0 && timeout <= linger:
		return k.bad("extra", "linger.ms", "it is not less than delivery.timeout.ms", "write a smaller number")
	case k.values["plugin.library.paths"].text != "":
		return k.bad("extra", "plugin.library.paths", "it names libraries in C", "leave it out")
	case k.values["ssl.keystore.location"].text != "" && k.values["ssl.keystore.password"].text == "":
		return k.bad("extra", "ssl.keystore.location", "it needs ssl.keystore.password", "write the certificate and the key in PEM form")
	case k.mechanism == "OAUTHBEARER" && k.method == "oidc" && k.token.Endpoint == "":
		return k.bad("extra", "sasl.oauthbearer.method", "oidc needs sasl.oauthbearer.token.endpoint.url", "write the URL as well")
	}
	const metadata = "sasl.oauthbearer.metadata.authentication.type"
	if k.values[metadata].text == "aws_iam" && k.method != "oidc" {
		return k.bad("extra", metadata, "it needs sasl.oauthbearer.method oidc", "write the method as well")
	}
	if v := k.values["group.protocol.type"]; v.text != "" && v.text != "consumer" {
		return k.bad("extra", "group.protocol.type", "librdkafka knows consumer alone", "leave it out")
	}
	return k.assignors()
}

// idempotence checks what enable.idempotence asks for, which a transactional.id turns on.
func (k *kafkaReader) idempotence() error {
	given, isGiven := k.values["enable.idempotence"]
	if k.config.TransactionalID != "" {
		if isGiven && !given.isTrue {
			return k.bad("extra", "enable.idempotence", "transactional.id needs it", "leave it out")
		}
		k.config.Idempotent = true
		socket, isSet := k.values["socket.timeout.ms"]
		most, isLimited := k.values["transaction.timeout.ms"]
		if !isLimited {
			most.number = 60_000
		}
		if isSet && socket.number > most.number+100 {
			return k.bad("extra", "socket.timeout.ms", "it is more than 100 ms above transaction.timeout.ms", "write a smaller number")
		}
		if delivery := k.values["message.timeout.ms"]; delivery.number > most.number {
			return k.bad("extra", delivery.key, "it is more than transaction.timeout.ms", "write a smaller number")
		}
	}
	if !k.config.Idempotent {
		if k.values["enable.gapless.guarantee"].isTrue {
			return k.bad("extra", "enable.gapless.guarantee", "it needs enable.idempotence", "leave it out")
		}
		return nil
	}
	for _, need := range []struct {
		name string
		ok   func(kafkaValue) bool
	}{
		{"request.required.acks", func(v kafkaValue) bool { return v.number == -1 }},
		{"message.send.max.retries", func(v kafkaValue) bool { return v.number >= 1 }},
		{"max.in.flight.requests.per.connection", func(v kafkaValue) bool { return v.number <= 5 }},
		{"queuing.strategy", func(v kafkaValue) bool { return v.text == "fifo" }},
	} {
		if v, given := k.values[need.name]; given && !need.ok(v) {
			return k.bad("extra", v.key, "enable.idempotence does not go with this value", "leave it out")
		}
	}
	return nil
}

// assignors checks partition.assignment.strategy: names that librdkafka knows, and either
// all of them or none cooperative.
func (k *kafkaReader) assignors() error {
	const key = "partition.assignment.strategy"
	cooperative, eager := false, false
	for name := range strings.SplitSeq(k.values[key].text, ",") {
		switch pystr.Strip(name) {
		case "":
		case "cooperative-sticky":
			cooperative = true
		case "range", "roundrobin":
			eager = true
		default:
			return k.bad("extra", key, "librdkafka does not know it", "write range, roundrobin or cooperative-sticky")
		}
	}
	if cooperative && eager {
		return k.bad("extra", key, "cooperative-sticky does not go with others", "write it alone")
	}
	return nil
}

// seeds reads bootstrap.servers: host:port with commas between them, each with the protocol
// before it if that is security.protocol.
func (k *kafkaReader) seeds() error {
	const key = "bootstrap.servers"
	for entry := range strings.SplitSeq(k.servers, ",") {
		server := pystr.Strip(entry)
		if protocol, rest, ok := strings.Cut(server, "://"); ok {
			if !strings.EqualFold(protocol, k.protocol) {
				return k.bad("extra", key, "it has a protocol that is not security.protocol", "write host:port alone")
			}
			server = rest
		}
		switch {
		case server == "":
			continue
		case strings.ContainsAny(server, "@/"):
			return k.bad("extra", key, "a server is not host:port, and a login may stand in it", "write host:port, and the login into sasl.username and sasl.password")
		case strings.LastIndexByte(server, ':') <= strings.LastIndexByte(server, ']'):
			server += ":9092"
		}
		k.config.Seeds = append(k.config.Seeds, server)
	}
	if len(k.config.Seeds) == 0 {
		return k.bad("extra", key, "it names no server", "write host:port, with commas between them")
	}
	if strings.Contains(k.servers, "cloud.goog") && strings.Contains(k.servers, "managedkafka") {
		k.refuse("extra", key, "at Google's Managed Kafka the hook logs in with a token of its google_cloud_default", "set the token in Go")
	}
	return nil
}

// login reads the sasl. properties, which do nothing unless security.protocol is one of
// SASL's. The hook alone looks for Amazon MSK whatever the protocol is.
func (k *kafkaReader) login() error {
	mechanism, _ := k.get("sasl.mechanism")
	if !mechanism.Truthy() {
		mechanism, _ = k.get("sasl.mechanisms")
	}
	region := ""
	if !holdsValues(mechanism) && mechanism.Str() == "OAUTHBEARER" {
		region = mskRegion(k.extra["bootstrap.servers"].Str())
	}
	c := k.config
	if strings.HasPrefix(k.protocol, "sasl_") {
		c.Mechanism = k.mechanism
		if err := k.knownMechanism(); err != nil {
			return err
		}
	}
	switch {
	case region != "":
		c.Token = &KafkaToken{Region: region}
	case c.Mechanism == "OAUTHBEARER" && k.method == "oidc":
		c.Token = &k.token
	case c.Mechanism == "OAUTHBEARER":
		c.Token = &KafkaToken{}
	}
	if c.Mechanism == "" {
		c.Username, c.Password = "", connuri.Secret{}
	}
	return nil
}

func (k *kafkaReader) knownMechanism() error {
	const key = "sasl.mechanism"
	switch k.mechanism {
	case "GSSAPI":
		return k.bad("extra", key, "it is GSSAPI, its default, for which neither confluent-kafka's wheels nor franz-go have Kerberos", "write PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER")
	case "OAUTHBEARER":
		return nil
	case "PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512":
	default:
		return k.bad("extra", key, "librdkafka does not know it", "write PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER, in capitals")
	}
	if k.config.Username == "" || k.config.Password.IsZero() {
		return k.bad("extra", key, "it needs sasl.username and sasl.password", "write both; the connection's login and password are not read")
	}
	if k.mechanism == "SCRAM-SHA-1" {
		k.refuse("extra", key, "franz-go has no SCRAM-SHA-1", "use SCRAM-SHA-256 or SCRAM-SHA-512")
	}
	return nil
}

// tls reads the ssl. properties, which do nothing unless security.protocol is one of TLS's.
func (k *kafkaReader) tls() error {
	c := k.config
	if !strings.HasSuffix(k.protocol, "ssl") {
		c.TLS, c.CAPEM, c.PEM, c.KeyPEM = TLS{}, connuri.Secret{}, connuri.Secret{}, connuri.Secret{}
		return nil
	}
	c.TLS.Mode = TLSVerifyFull
	switch {
	case !k.verify:
		c.TLS.Mode = TLSUnverified
	case k.identify == "none":
		c.TLS.Mode = TLSVerifyCA
	}
	for key, text := range map[string]connuri.Secret{caPEM: c.CAPEM, crtPEM: c.PEM, keyPEM: c.KeyPEM} {
		if !text.IsZero() && !strings.Contains(text.Reveal(), "-----BEGIN ") {
			return k.bad("extra", key, "it is not in PEM form", "write all of it, with its -----BEGIN line and line breaks")
		}
	}
	return nil
}
