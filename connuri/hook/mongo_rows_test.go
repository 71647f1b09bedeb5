package hook_test

import (
	"fmt"
	"maps"
	"math"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/conntype"
)

// mongoTest compares what pymongo's client holds, and the options that this does not show.
var mongoTest = hookTest{
	name: "mongo",
	read: func(c connuri.Connection) (object, error) {
		m, err := hook.Mongo(c)
		driver := object{
			"nodes": mongoNodes(m), "database": m.Database, "tls": m.TLS.Mode != hook.TLSOff, "srv": m.SRV,
			"replica_set": m.Options["replicaSet"], "direct": m.Options["directConnection"],
		}
		if m.Username != "" || m.AuthMechanism != "" {
			mechanism := m.AuthMechanism
			if mechanism == "" {
				mechanism = "DEFAULT"
			}
			driver["credentials"] = object{"mechanism": mechanism, "source": m.AuthSource, "username": m.Username, "password": m.Password.Reveal()}
		}
		if m.TLS.Mode != hook.TLSOff {
			driver["verify"] = map[bool]string{true: "CERT_NONE", false: "CERT_REQUIRED"}[m.TLS.Mode == hook.TLSUnverified]
			driver["check_hostname"] = m.TLS.Mode == hook.TLSVerifyFull
		}
		options := object{"connecttimeoutms": strconv.FormatFloat(float64(m.ConnectTimeout.Microseconds())/1000, 'f', -1, 64)}
		for key, text := range m.Options {
			if key != "replicaSet" && key != "directConnection" && (m.TLS.Mode != hook.TLSOff || !strings.HasPrefix(key, "tls")) {
				options[strings.ToLower(key)] = text
			}
		}
		options["tlscertificatekeyfilepassword"] = m.KeyPassword.Reveal()
		properties := object{}
		for name, text := range m.AuthProperties {
			properties[name] = text.Reveal()
		}
		options["authmechanismproperties"] = properties
		if driver["credentials"] == nil {
			options["authsource"] = m.AuthSource
		}
		return object{"driver": driver, "options": options}, err
	},
	fails: func(result object) string {
		switch {
		case result["error"] != nil:
			return "the hook"
		case at(result, "driver", "error") != nil:
			return "pymongo"
		}
		return ""
	},
	refused: func(result object) string {
		options := mongoOptions(result)
		for _, key := range []string{
			"tlscrlfile", "tlscertificatekeyfilepassword", "sockettimeoutms", "waitqueuetimeoutms", "waitqueuemultiple", "wtimeoutms", "fsync", "srvallowedhostssuffix",
		} {
			if !isNothing(options[key]) {
				return key
			}
		}
		switch {
		case options["serverselectiontimeoutms"] == "0":
			return "serverSelectionTimeoutMS 0"
		case options["directconnection"] == "true" && result["driver"] == "srv":
			return "directConnection with srv"
		case options["authmechanism"] == "GSSAPI":
			return "GSSAPI"
		}
		return ""
	},
	refusedOf: func(c connuri.Connection) string {
		says := func(key string) bool {
			v, _ := c.Extra.Get(key)
			return strings.EqualFold(v, "true")
		}
		if says("ssl") && says("allow_insecure") && !says("tls") {
			return "ssl and allow_insecure"
		}
		return ""
	},
	notCompared: nil,
	inert: func(result object) {
		driver, ok := result["driver"].(object)
		if !ok { // srv
			return
		}
		shown := slices.Clone(mongoShown)
		if driver["credentials"] != nil {
			shown = append(shown, "authsource")
		}
		if driver["tls"] == false {
			shown = append(shown, "tlsdisableocspendpointcheck")
		}
		options, _ := result["options"].(object)
		maps.DeleteFunc(options, func(key string, _ any) bool { return slices.Contains(shown, strings.ToLower(key)) })
		left := mongoOptions(object{"uri": result["uri"]})
		maps.DeleteFunc(left, func(key string, _ any) bool { return slices.Contains(shown, key) })
		if isNothing(mongoForm("compressors", options["compressors"])) {
			delete(options, "compressors")
		}
		if len(left) == 0 {
			delete(result, "uri")
		}
	},
	want: mongoWant,
	choices: []hookChoice{
		{
			reason: "a whole number above that of an int64",
			met: func(_ connuri.Connection, _ error, result object) bool {
				for key, v := range mongoOptions(result) {
					n, err := strconv.ParseFloat(fmt.Sprint(v), 64)
					if slices.Contains(strings.Fields(mongoNumbers), key) && err == nil && n > 1<<63 && !math.IsInf(n, 0) && at(result, "driver", "error") == nil && result["error"] == nil {
						return true
					}
				}
				return false
			},
		},
		{
			reason: "a number as password, on which the hook fails: connuri reads it as text", goesOn: true,
			met: func(c connuri.Connection, parseErr error, result object) bool {
				_, err := strconv.ParseFloat(c.Password.Reveal(), 64)
				return parseErr == nil && result["error"] == "TypeError" && err == nil
			},
		},
		{
			reason: "no host together with a login or port: the hook makes the host None",
			met: func(c connuri.Connection, _ error, result object) bool {
				uri, _ := result["uri"].(string)
				_, rest, _ := strings.Cut(uri, "://")
				return c.Host == "" && strings.HasPrefix(rest[strings.LastIndexByte(rest, '@')+1:], "None")
			},
		},
		{
			reason: "srv and an option that pymongo refuses: no client was made in the recording",
			met: func(c connuri.Connection, parseErr error, result object) bool {
				if parseErr != nil || result["driver"] != "srv" {
					return false
				}
				without, err := connuri.NewExtra(mongoWithoutSRV(c))
				if err != nil {
					return false
				}
				c.Extra = without
				got, err := hook.Mongo(c)
				return err != nil && len(got.Hosts) == 0 || strings.ContainsAny(c.Host, ",:")
			},
		},
	},
	leaves: 1931,
}

// mongoShown are the options that driver shows.
var mongoShown = []string{"port", "authmechanism", "replicaset", "directconnection", "username", "password", "ssl", "tls", "tlsinsecure", "tlsallowinvalidcertificates", "tlsallowinvalidhostnames"}

func mongoWithoutSRV(c connuri.Connection) object {
	extra := object{}
	_ = c.Extra.Decode(&extra) // an extra that is not an object has no srv
	delete(extra, "srv")
	return extra
}

// mongoNodes are the hosts as pymongo has them.
func mongoNodes(m hook.MongoConfig) []any {
	nodes := []any{}
	for _, host := range m.Hosts {
		name, port, err := net.SplitHostPort(host)
		if err != nil {
			nodes = append(nodes, fmt.Sprint(host, " ", ""))
			continue
		}
		nodes = append(nodes, name+" "+port)
	}
	return nodes
}

// mongoOptions are the options of a row by their names in small letters, with true and false
// as texts, and those in its URI.
func mongoOptions(result object) object {
	options := object{}
	uri, _ := result["uri"].(string)
	_, query, _ := strings.Cut(uri, "?")
	for pair := range strings.SplitSeq(query, "&") {
		if key, text, ok := strings.Cut(pair, "="); ok && conntype.Of("mongo").Key(key) != "" {
			if unquoted, err := url.QueryUnescape(text); err == nil {
				text = unquoted
			}
			options[strings.ToLower(key)] = text
		}
	}
	given, _ := result["options"].(object)
	for key, v := range given {
		key = strings.ToLower(key)
		v = mongoForm(key, v)
		if isTrue, ok := v.(bool); ok {
			v = fmt.Sprint(isTrue)
		}
		options[key] = asText(v)
		if key == "authmechanismproperties" {
			options[key] = mongoProperties(v)
		}
	}
	return options
}

// mongoProperties are name:value pairs as an object.
func mongoProperties(v any) any {
	text, isText := v.(string)
	if !isText {
		return v
	}
	properties := object{}
	for pair := range strings.SplitSeq(text, ",") {
		name, value, _ := strings.Cut(pair, ":")
		properties[name] = value
	}
	return properties
}

// mongoWant is what is left of a row in the form of ours.
func mongoWant(result object) object {
	options := mongoOptions(result)
	driver, _ := result["driver"].(object)
	if result["driver"] == "srv" {
		driver = mongoSRV(result, options)
	}
	if driver == nil {
		driver = object{}
	}
	nodes, _ := driver["nodes"].([]any)
	for i, node := range nodes {
		if pair, ok := node.([]any); ok {
			port := mongoForm("w", pair[1])
			if port == nil {
				port = ""
			}
			nodes[i] = fmt.Sprint(pair[0], " ", port)
		}
	}
	if isTrue, ok := driver["direct"].(bool); ok {
		driver["direct"] = fmt.Sprint(isTrue)
	}
	if _, given := driver["srv"]; !given {
		driver["srv"] = false
	}
	if ms, given := options["connecttimeoutms"]; !given {
		options["connecttimeoutms"] = "20000"
	} else if ms == nil {
		options["connecttimeoutms"] = "0"
	}
	for _, key := range mongoShown {
		delete(options, key)
	}
	if driver["credentials"] != nil {
		delete(options, "authsource")
	}
	return object{"driver": driver, "options": options}
}

// mongoSRV is what the URI and the options of a row with srv say.
func mongoSRV(result, options object) object {
	uri, _ := result["uri"].(string)
	rest, isSRV := strings.CutPrefix(uri, "mongodb+srv://")
	driver := object{"srv": isSRV, "tls": options["tls"] != "false" && options["ssl"] != "false", "replica_set": options["replicaset"], "direct": options["directconnection"]}
	user, rest, hasUser := strings.Cut(rest, "@")
	if !hasUser {
		rest = user
	}
	host, path, _ := strings.Cut(rest, "/")
	path, _, _ = strings.Cut(path, "?")
	path, _, _ = strings.Cut(path, ".")
	driver["nodes"], driver["database"] = []any{host + " "}, path
	name, password, _ := strings.Cut(user, ":")
	credentials := object{"mechanism": options["authmechanism"], "source": options["authsource"]}
	if credentials["mechanism"] == nil {
		credentials["mechanism"] = "DEFAULT"
	}
	if slices.Contains([]any{"MONGODB-AWS", "MONGODB-X509"}, credentials["mechanism"]) {
		credentials["source"] = "$external"
	}
	credentials["username"], _ = url.QueryUnescape(name)
	credentials["password"], _ = url.QueryUnescape(password)
	if options["username"] != nil {
		credentials["username"] = options["username"]
	}
	if hasUser {
		driver["credentials"] = credentials
	}
	if driver["tls"] == true {
		insecure := options["tlsinsecure"] == "true" || options["tlsallowinvalidcertificates"] == "true"
		driver["verify"] = map[bool]string{true: "CERT_NONE", false: "CERT_REQUIRED"}[insecure]
		driver["check_hostname"] = !insecure && options["tlsallowinvalidhostnames"] != "true"
	}
	return driver
}
