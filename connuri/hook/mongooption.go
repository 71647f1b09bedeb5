package hook

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pystr"
)

// mongoCheck is what pymongo accepts for an option.
type mongoCheck uint8

const (
	mongoNull          mongoCheck = iota + 1 // null: anything else is an object in Python
	mongoSwitch                              // true, false, and "true" and "false" as texts
	mongoNullSwitch                          // that or null
	mongoPositive                            // a whole number above 0
	mongoWhole                               // a whole number, 0 or above
	mongoNullWhole                           // that or null
	mongoString                              // text
	mongoNullString                          // that or null
	mongoTimeout                             // a number of ms, 0 or above; or null
	mongoTimeoutNoZero                       // that but 0
	mongoThreshold                           // a number of ms, 0 or above
	mongoWord                                // one of the words in mongoWords
	mongoSpecial                             // see mongoReader.special
)

// mongoUse is what Go does with an option.
type mongoUse uint8

const (
	mongoInGo    mongoUse = iota // the driver's connection string has it
	mongoField                   // it has a field of its own
	mongoPython                  // it concerns only objects in Python
	mongoRefused                 // the driver does not have it
)

type mongoOption struct {
	name  string
	check mongoCheck
	use   mongoUse
}

// mongoTable is made when it is first needed, as kafkaTable is.
var mongoTable struct {
	once    sync.Once
	options map[string]mongoOption
}

// mongoOptions are the options of MongoClient in pymongo 4.20, by their names in small letters.
func mongoOptions() map[string]mongoOption {
	mongoTable.once.Do(func() { mongoTable.options = newMongoOptions() })
	return mongoTable.options
}

func newMongoOptions() map[string]mongoOption {
	options := map[string]mongoOption{}
	for _, group := range []struct {
		use   mongoUse
		check mongoCheck
		names string
	}{
		{mongoInGo, mongoSwitch, "directConnection journal loadBalanced retryReads retryWrites tlsDisableOCSPEndpointCheck enableOverloadRetargeting"},
		{mongoInGo, mongoPositive, "maxConnecting"},
		{mongoInGo, mongoWhole, "maxAdaptiveRetries minPoolSize srvMaxHosts"},
		{mongoInGo, mongoNullWhole, "maxPoolSize"},
		{mongoInGo, mongoString, "srvServiceName"},
		{mongoInGo, mongoNullString, "appname readConcernLevel replicaSet"},
		{mongoInGo, mongoTimeoutNoZero, "heartbeatFrequencyMS maxIdleTimeMS"},
		{mongoInGo, mongoTimeout, "timeoutMS"},
		{mongoInGo, mongoThreshold, "localThresholdMS serverSelectionTimeoutMS"},
		{mongoInGo, mongoWord, "readPreference serverMonitoringMode"},
		{mongoInGo, mongoSpecial, "compressors maxStalenessSeconds readPreferenceTags w zlibCompressionLevel"},

		{mongoField, mongoSwitch, "ssl tls tlsAllowInvalidCertificates tlsAllowInvalidHostnames tlsInsecure"},
		{mongoField, mongoString, "authSource"},
		{mongoField, mongoNullString, "username password tlsCAFile tlsCertificateKeyFile tlsCertificateKeyFilePassword"},
		{mongoField, mongoTimeout, "connectTimeoutMS"},
		{mongoField, mongoWord, "authMechanism"},
		{mongoField, mongoSpecial, "authMechanismProperties"},

		{mongoPython, mongoNull, "auto_encryption_opts driver server_api server_selector srv_host_validator type_registry tzinfo"},
		{mongoPython, mongoNullSwitch, "tz_aware"},
		{mongoPython, mongoSwitch, "enable_overload_retargeting"},
		{mongoPython, mongoWhole, "max_adaptive_retries"},
		{mongoPython, mongoWord, "unicode_decode_error_handler uuidRepresentation"},
		{mongoPython, mongoSpecial, "authOIDCAllowedHosts connect datetime_conversion document_class event_listeners read_preference"},

		{mongoRefused, mongoSwitch, "fsync"},
		{mongoRefused, mongoWhole, "wtimeoutMS"},
		{mongoRefused, mongoNullWhole, "waitQueueMultiple"},
		{mongoRefused, mongoString, "srvAllowedHostsSuffix"},
		{mongoRefused, mongoNullString, "tlsCRLFile"},
		{mongoRefused, mongoTimeout, "socketTimeoutMS"},
		{mongoRefused, mongoTimeoutNoZero, "waitQueueTimeoutMS"},
	} {
		for name := range strings.FieldsSeq(group.names) {
			options[strings.ToLower(name)] = mongoOption{name, group.check, group.use}
		}
	}
	return options
}

// mongoWords are the values of options that take a word out of a list.
var mongoWords = map[string]string{
	"readpreference":               "primary primaryPreferred secondary secondaryPreferred nearest",
	"servermonitoringmode":         "auto stream poll",
	"authmechanism":                "PLAIN GSSAPI SCRAM-SHA-1 MONGODB-OIDC SCRAM-SHA-256 DEFAULT MONGODB-AWS MONGODB-X509",
	"unicode_decode_error_handler": "strict replace ignore",
	"uuidrepresentation":           "unspecified standard pythonLegacy javaLegacy csharpLegacy",
}

// options reads the extra without the keys that the hook reads itself. Its options replace those in
// the URI.
func (m *mongoReader) options() error {
	insecure, ssl := m.says("allow_insecure"), m.says("ssl") || m.says("tls")
	for _, key := range m.keys {
		v := m.extra[key]
		switch key {
		case "srv", "allow_insecure":
			continue
		case "ssl":
			if insecure && ssl {
				continue
			}
		case "host":
			return m.bad("extra", key, "pymongo has a host already", "write it into the host")
		case "port":
			if !slices.Contains([]pyjson.Kind{pyjson.Int, pyjson.True, pyjson.False, pyjson.Null}, v.Kind) {
				return m.bad("extra", key, "it is not a whole number", "write it into the port")
			}
			continue
		}
		o, known := mongoOptions()[strings.ToLower(key)]
		if !known || key != o.name && (o.name == "document_class" || o.name == "tz_aware" || o.name == "type_registry") {
			return m.bad("extra", "", "it has an option that pymongo does not know", "leave it out, or correct its name")
		}
		if err := m.set(o, v); err != nil {
			return err
		}
	}
	if insecure && ssl {
		if !m.says("tls") {
			m.refuse("extra", "allow_insecure", "together with ssl and without tls it means no TLS at all to pymongo", "write tls in place of ssl")
		}
		o := mongoOptions()["tlsallowinvalidcertificates"]
		return m.set(o, pyjson.Value{Kind: pyjson.True, Raw: "true"})
	}
	return nil
}

// says is str(extra.get(key)).lower() == "true", as the hook reads its switches.
func (m *mongoReader) says(key string) bool {
	v := m.extra[key]
	return v.Kind == pyjson.True || v.Kind == pyjson.String && pystr.Lower(v.Str()) == "true"
}

// set checks one option and puts it in its place.
func (m *mongoReader) set(o mongoOption, v pyjson.Value) error {
	text, must := mongoRead(o, v)
	if must != "" {
		return m.bad("extra", o.name, "pymongo refuses this value", "write "+must)
	}
	m.given[strings.ToLower(o.name)] = v
	c := m.config
	switch o.name {
	case "tlsCAFile":
		c.TLS.CAFile = text
	case "tlsCertificateKeyFile":
		c.TLS.CertFile = text
	case "tlsCertificateKeyFilePassword":
		c.KeyPassword = connuri.NewSecret(text)
	case "connectTimeoutMS":
		ms, _ := strconv.ParseFloat(text, 64)
		c.ConnectTimeout = time.Duration(ms * float64(time.Millisecond))
	}
	delete(c.Options, o.name)
	if v.Kind == pyjson.Null && o.name == "maxPoolSize" {
		c.Options[o.name] = "0" // no limit
	}
	if o.use != mongoField && v.Kind != pyjson.Null {
		c.Options[o.name] = text
	}
	return nil
}

// mongoRead returns an option as the text of a connection string, or what it must be.
func mongoRead(o mongoOption, v pyjson.Value) (text, must string) {
	isNull := v.Kind == pyjson.Null
	switch o.check {
	case mongoNull:
		return mongoIf(isNull, "", "null: it is an object in Python")
	case mongoSwitch, mongoNullSwitch:
		isSwitch := v.Kind == pyjson.True || v.Kind == pyjson.False || v.Kind == pyjson.String && (v.Raw == "true" || v.Raw == "false")
		if v.Kind == pyjson.String {
			return mongoIf(isSwitch, v.Raw, "true or false")
		}
		return mongoIf(isSwitch || isNull && o.check == mongoNullSwitch, strings.ToLower(v.Raw), "true or false")
	case mongoPositive, mongoWhole, mongoNullWhole:
		n, ok := mongoInt(v)
		if o.check == mongoPositive {
			return mongoIf(ok && n > 0, strconv.FormatInt(n, 10), "a whole number above 0")
		}
		return mongoIf(ok && n >= 0 || isNull && o.check == mongoNullWhole, strconv.FormatInt(n, 10), "a whole number, 0 or above")
	case mongoString, mongoNullString:
		if o.name == "tlsCRLFile" && v.Kind == pyjson.String && v.Str() == "" {
			return "", "the path of a file"
		}
		isText := v.Kind == pyjson.String && (o.name != "appname" || len(v.Str()) <= 128)
		if isNull {
			return mongoIf(o.check == mongoNullString, "", "text")
		}
		return mongoIf(isText, v.Str(), "text, for appname of at most 128 bytes")
	case mongoTimeout, mongoTimeoutNoZero, mongoThreshold:
		return mongoMilliseconds(o.check, v)
	case mongoWord:
		words := mongoWords[strings.ToLower(o.name)]
		isWord := v.Kind == pyjson.String && slices.Contains(strings.Fields(words), v.Str())
		return mongoIf(isWord, v.Raw, "one of "+words)
	}
	return mongoOther(o, v)
}

func mongoIf(ok bool, text, must string) (string, string) {
	if ok {
		return text, ""
	}
	return "", must
}

// mongoInt is int(v) of what pymongo accepts as a whole number: true is 1.
func mongoInt(v pyjson.Value) (n int64, ok bool) {
	switch v.Kind {
	case pyjson.True:
		return 1, true
	case pyjson.False:
		return 0, true
	case pyjson.Int, pyjson.String:
		n, err := pystr.Int(v.Str())
		return n, err == nil
	}
	return 0, false
}

// mongoMilliseconds reads a time: float(v) must be less than a billion.
func mongoMilliseconds(check mongoCheck, v pyjson.Value) (text, must string) {
	ms, ok := 0.0, true
	switch v.Kind {
	case pyjson.Null:
		return mongoIf(check != mongoThreshold, "0", "a number of milliseconds")
	case pyjson.True:
		ms = 1
	case pyjson.False:
	case pyjson.Int, pyjson.Float:
		ms = v.Float()
	case pyjson.String:
		ms, ok = pystr.Float(v.Str())
		ok = ok && (ms != 0 || v.Str() == "0")
	default:
		ok = false
	}
	ok = ok && ms < 1e9 && (ms > 0 || ms == 0 && check != mongoTimeoutNoZero) && !math.IsNaN(ms)
	return mongoIf(ok, strconv.FormatFloat(ms, 'f', -1, 64), "a number of milliseconds, less than a billion")
}
