package hook

import (
	"crypto/x509"
	"encoding/pem"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pystr"
)

// together makes the checks of librdkafka that concern several properties.
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
	}
	if v := k.values["group.protocol.type"]; v.text != "" && v.text != "consumer" {
		return k.bad("extra", "group.protocol.type", "librdkafka knows consumer alone", "leave it out")
	}
	return k.assignors()
}

// oidc checks what librdkafka needs to fetch a token, whatever security.protocol is.
func (k *kafkaReader) oidc() error {
	const (
		method   = "sasl.oauthbearer.method"
		metadata = "sasl.oauthbearer.metadata.authentication.type"
		endpoint = "sasl.oauthbearer.token.endpoint.url"
		grant    = "sasl.oauthbearer.grant.type"
		key      = "sasl.oauthbearer.assertion.private.key."
	)
	has := func(name string) bool { return k.values[name].text != "" }
	provider, config := k.values[metadata].text, k.values["sasl.oauthbearer.config"].text
	isJWT := has(grant) && k.values[grant].text != "client_credentials"
	switch {
	case provider == "aws_iam" && k.method != "oidc":
		return k.bad("extra", metadata, "it needs sasl.oauthbearer.method oidc", "write the method as well")
	case k.mechanism != "OAUTHBEARER" || k.method != "oidc":
		return nil
	case strings.ContainsAny(k.token.Endpoint, "@?#"):
		return k.bad("extra", endpoint, "it is not a plain URL, and may hold a secret", "write scheme, host and path alone")
	case provider == "aws_iam" && config == "", provider == "azure_imds" && !has(endpoint) && !strings.Contains(config, "query="):
		return k.bad("extra", metadata, "it needs sasl.oauthbearer.config", "write the config as well")
	case provider != "" && provider != "none":
		return nil
	case !has(endpoint):
		return k.bad("extra", method, "oidc needs "+endpoint, "write the URL as well")
	case isJWT && !has(key+"file") && !has(key+"pem") && !has("sasl.oauthbearer.assertion.file"):
		return k.bad("extra", grant, "it needs an assertion or a key to sign one", "write client_credentials, and a client's id and secret")
	case !isJWT && (k.token.ClientID == "" || k.token.ClientSecret.IsZero()):
		return k.bad("extra", method, "oidc needs sasl.oauthbearer.client.id and sasl.oauthbearer.client.secret", "write both")
	}
	return nil
}

// idempotence checks what enable.idempotence requires; a transactional.id turns it on.
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
	if _, given := k.values["max.in.flight.requests.per.connection"]; !given {
		k.config.MaxInFlight = 5
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
	for name := range strings.SplitSeq(k.strategy, ",") {
		name = pystr.Strip(name)
		switch name {
		case "":
			continue
		case "cooperative-sticky":
			cooperative = true
		case "range", "roundrobin":
			eager = true
		default:
			return k.bad("extra", key, "librdkafka does not know it", "write range, roundrobin or cooperative-sticky")
		}
		k.config.Assignors = append(k.config.Assignors, name)
	}
	if cooperative && eager {
		return k.bad("extra", key, "cooperative-sticky does not go with others", "write it alone")
	}
	return nil
}

// seeds reads bootstrap.servers: host:port entries with commas between them. An entry may have a
// protocol before it if that is the security.protocol.
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
		case strings.ContainsAny(server, "@/?#="):
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

// login reads the sasl. properties, which count only if security.protocol is one of SASL's. Only
// the hook looks for Amazon MSK whatever the protocol is.
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

// tls reads the ssl. properties, which count only if security.protocol is one of TLS's.
func (k *kafkaReader) tls() error {
	c := k.config
	if !strings.HasSuffix(k.protocol, "ssl") {
		c.TLS, c.CAPEM, c.PEM, c.KeyPEM = TLS{}, connuri.Secret{}, connuri.Secret{}, connuri.Secret{}
		return nil
	}
	c.TLS.Mode = TLSVerifyFull
	if c.TLS.CAFile == "probe" { // librdkafka's word for the system's CAs
		c.TLS.CAFile = ""
	}
	switch {
	case !k.verify:
		c.TLS.Mode = TLSUnverified
	case k.identify == "none":
		c.TLS.Mode = TLSVerifyCA
	}
	return k.pem()
}

// pem checks the PEM texts as far as librdkafka does when it makes a client.
func (k *kafkaReader) pem() error {
	const instead = "write all of it, with its -----BEGIN line and line breaks"
	c := k.config
	for key, text := range map[string]connuri.Secret{caPEM: c.CAPEM, crtPEM: c.PEM} {
		if !text.IsZero() && !x509.NewCertPool().AppendCertsFromPEM([]byte(text.Reveal())) {
			return k.bad("extra", key, "it is not a certificate in PEM form", instead)
		}
	}
	block, _ := pem.Decode([]byte(c.KeyPEM.Reveal()))
	switch {
	case c.KeyPEM.IsZero():
		return nil
	case block == nil:
		return k.bad("extra", keyPEM, "it is not a key in PEM form", instead)
	case c.PEM.IsZero() && c.TLS.CertFile == "":
		return k.bad("extra", keyPEM, "it is a key without a certificate", "write ssl.certificate.pem as well")
	case isEncryptedPEM(block) && k.values["ssl.key.password"].text == "":
		return k.bad("extra", keyPEM, "it is encrypted, and the password is missing", "decrypt the key")
	}
	return nil
}

func isEncryptedPEM(block *pem.Block) bool {
	return block.Type == "ENCRYPTED PRIVATE KEY" || strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED")
}
