package hook_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

// redisTest compares one flat object: what holds in the end, for both clients.
var redisTest = hookTest{
	name: "redis",
	read: func(c connuri.Connection) (object, error) {
		rd, err := hook.Redis(c)
		got := object{
			"client": "Redis", "host": rd.Host, "port": rd.Port, "username": rd.Username, "password": rd.Password.Reveal(),
			"tls": rd.TLS.Mode != hook.TLSOff,
		}
		if rd.Cluster {
			got["client"] = "RedisCluster"
			got["startup_nodes"] = anyList(rd.Nodes)
		} else {
			if rd.DB != 0 {
				got["db"] = rd.DB
			}
			got["connect_timeout"], got["timeout"] = int(rd.ConnectTimeout.Seconds()), int(rd.Timeout.Seconds())
		}
		if rd.TLS.Mode != hook.TLSOff {
			got["verify"] = "CERT_" + strings.ToUpper(rd.CertReqs)
			got["check_hostname"] = rd.TLS.Mode == hook.TLSVerifyFull
			got["ca_certs"], got["certfile"], got["keyfile"] = rd.TLS.CAFile, rd.TLS.CertFile, rd.TLS.KeyFile
		}
		return got, err
	},
	fails: func(result object) string {
		driver, _ := result["driver"].(object)
		kwargs, _ := result["kwargs"].(object)
		switch {
		case result["error"] != nil:
			return "the hook"
		case driver["error"] != nil:
			return "redis-py"
		case result["client"] == "RedisCluster" && isTrue(kwargs["ssl"]) && redisVerify(kwargs) == "":
			return "redis-py in a cluster" // which was not asked, but has the same rule
		}
		return ""
	},
	refused: func(object) string { return "" },
	inert: func(result object) {
		kwargs, _ := result["kwargs"].(object)
		if result["client"] != "RedisCluster" {
			delete(result, "kwargs")
			return
		}
		maps.DeleteFunc(kwargs, func(key string, _ any) bool {
			return strings.HasPrefix(key, "ssl_") && !isTrue(kwargs["ssl"]) ||
				key == "ssl_check_hostname" && redisVerify(kwargs) == "CERT_NONE"
		})
	},
	want: func(result object) object {
		want := object{"client": result["client"]}
		if result["client"] != "RedisCluster" {
			driver, _ := result["driver"].(object)
			maps.Copy(want, driver)
			want["db"] = redisDB(want["db"])
			return want
		}
		kwargs, _ := result["kwargs"].(object)
		redisClusterTLS(want, kwargs)
		for key, v := range kwargs {
			if !strings.HasPrefix(key, "ssl") {
				want[key] = v
			}
		}
		if want["port"] == nil { // a port 0 is no other to a client
			want["port"] = 0
		}
		nodes, _ := want["startup_nodes"].([]any)
		for i, node := range nodes {
			pair, _ := node.([]any)
			if len(pair) == 2 {
				nodes[i] = fmt.Sprint(pair[0]) + ":" + fmt.Sprint(pair[1])
			}
		}
		return want
	},
	truths: []string{"tls", "check_hostname", "ssl", "ssl_check_hostname"},
	choices: []hookChoice{{
		reason: "the db is not a whole number: a server takes nothing else",
		met: func(_ connuri.Connection, _ error, result object) bool {
			driver, _ := result["driver"].(object)
			db := redisDB(driver["db"])
			_, isInt := db.(int)
			return driver["error"] == nil && !isNothing(db) && !isInt
		},
	}},
	leaves: 2383,
}

// redisDB is a whole number as an int, nothing for 0 and for what redis-py takes for none,
// and otherwise v.
func redisDB(v any) any {
	if !isTrue(v) || v == "0" {
		return nil
	}
	text, isText := v.(string)
	if number, ok := v.(json.Number); ok {
		text, isText = number.String(), true
	}
	if n, err := strconv.Atoi(text); isText && err == nil && strconv.Itoa(n) == text {
		return n
	}
	return v
}

// redisVerify is ssl_cert_reqs as redis-py takes it, "" if it refuses it.
func redisVerify(kwargs object) string {
	v, given := kwargs["ssl_cert_reqs"]
	switch {
	case !given, v == "required", v == json.Number("2"):
		return "CERT_REQUIRED"
	case v == "none", v == nil, v == false, v == json.Number("0"):
		return "CERT_NONE"
	case v == "optional", v == true, v == json.Number("1"):
		return "CERT_OPTIONAL"
	}
	return ""
}

// redisClusterTLS puts what the arguments of RedisCluster mean into want.
func redisClusterTLS(want, kwargs object) {
	want["tls"] = kwargs["ssl"]
	if !isTrue(kwargs["ssl"]) {
		return
	}
	want["verify"] = redisVerify(kwargs)
	check, given := kwargs["ssl_check_hostname"]
	want["check_hostname"] = want["verify"] != "CERT_NONE" && (!given || isTrue(check))
	for _, key := range []string{"ca_certs", "certfile", "keyfile"} {
		want[key] = kwargs["ssl_"+key]
	}
}

func anyList(texts []string) []any {
	list := make([]any, 0, len(texts))
	for text := range slices.Values(texts) {
		list = append(list, text)
	}
	return list
}
