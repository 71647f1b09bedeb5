package hook

import (
	"errors"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
)

// mongo checks what MongoHook and pymongo make of a connection, and what the Go driver does not
// support.
func (l *linter) mongo() {
	for _, key := range l.keys {
		if o := mongoOptions()[strings.ToLower(key)]; o.use == mongoPython && l.extra[key].Kind != pyjson.Null {
			l.pythonOnly(o.name)
		}
	}
	m, err := mongoConfig(l.c)
	if err != nil && !errors.Is(err, ErrUnsupported) {
		return
	}
	const verify = "write tls and tlsCAFile in the extra"
	switch {
	case m.TLS.Mode == TLSOff && l.truth("allow_insecure") && l.truth("ssl"):
		l.inExtra("tls-off", "allow_insecure", "together with ssl and without tls means no TLS at all to pymongo", verify)
	case m.TLS.Mode == TLSOff && m.Password.Reveal() != "" && !onThisMachine(l.c.Host):
		l.inClear("the password's proof and the data", verify)
	case m.TLS.Mode == TLSVerifyCA && m.TLS.CAFile == "":
		l.inExtra("tls-unverified", "tlsAllowInvalidHostnames", "is true without a CA: a certificate for any name from any public CA is accepted", "write tlsCAFile, or leave it out")
	case m.TLS.Mode == TLSUnverified:
		l.add("tls-unverified", "extra", "there is TLS, but any certificate is accepted", verify)
	}
}

// kafka checks what librdkafka makes of a connection.
func (l *linter) kafka() {
	none := &kafkaReader{config: &KafkaConfig{}}
	for _, key := range l.keys {
		p, known := kafkaProperties()[key]
		if key == "logger" || known && l.extra[key].Kind != pyjson.Null && none.field(p.name) == nil {
			l.inExtra("not-in-go", key, "is for librdkafka, and hook.Kafka has no field for it", "configure the client in Go, or leave it out")
		}
	}
	k, err := kafkaConfig(l.c)
	if err != nil && !errors.Is(err, ErrUnsupported) {
		return
	}
	const verify = "write security.protocol SASL_SSL or SSL, and ssl.ca.location"
	switch {
	case k.TLS.Mode == TLSUnverified:
		l.inExtra("tls-unverified", "enable.ssl.certificate.verification", "is false: TLS, but any certificate is accepted", "leave it out, and write ssl.ca.location")
	case k.TLS.Mode == TLSVerifyCA && k.TLS.CAFile == "" && k.CAPEM.IsZero():
		l.inExtra("tls-unverified", "ssl.endpoint.identification.algorithm", "is none without a CA: a certificate for any name from any public CA is accepted", "write ssl.ca.location, or leave it out")
	case k.TLS.Mode == TLSOff && k.Mechanism != "":
		l.inClear("the login and the data", verify)
	}
	if _, given := l.get("sasl.password"); given && k.Mechanism == "" {
		l.inExtra("does-nothing", "sasl.password", "does nothing unless security.protocol is SASL_SSL or SASL_PLAINTEXT", "write security.protocol SASL_SSL")
	}
}
