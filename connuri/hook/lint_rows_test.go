package hook_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/connuritest"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/conntype"
)

// lintRow says what a recorded answer shows: whether one of some rules is expected, if it
// is known.
type lintRow func(c connuri.Connection, result object) (about []string, expected, known bool)

// lintRows hold findings against what the real hooks and drivers made of a connection.
var lintRows = map[string][]lintRow{
	"postgres": {
		func(_ connuri.Connection, r object) ([]string, bool, bool) {
			session, _ := r["session"].(object)
			return []string{"unknown-key", "prefixed-key"}, at(r, "libpq", "error") != nil, r["error"] == nil && session["conninfo"] == nil
		},
		func(c connuri.Connection, r object) ([]string, bool, bool) {
			password := at(r, "kwargs", "password")
			return []string{"unused-password"}, password == "<token>" && c.Password.Reveal() != "", r["error"] == nil
		},
	},
	"mysql": {
		func(_ connuri.Connection, r object) ([]string, bool, bool) {
			return []string{"no-login"}, isNothing(at(r, "kwargs", "user")), r["error"] == nil
		},
		func(c connuri.Connection, r object) ([]string, bool, bool) {
			return []string{"unused-password"}, at(r, "kwargs", "passwd") == "<token>" && c.Password.Reveal() != "", r["error"] == nil
		},
		func(_ connuri.Connection, r object) ([]string, bool, bool) {
			ssl := at(r, "kwargs", "ssl")
			_, isObject := ssl.(object)
			return []string{"ssl-no-object"}, ssl != nil && !isObject, r["error"] == nil && r["client"] == "mysqlclient"
		},
	},
	"redis": {
		func(_ connuri.Connection, r object) ([]string, bool, bool) {
			unverified := at(r, "driver", "verify") == "CERT_NONE" || at(r, "driver", "check_hostname") == false && at(r, "driver", "ca_certs") == nil
			return []string{"tls-unverified"}, unverified, at(r, "driver", "tls") == true
		},
		func(c connuri.Connection, r object) ([]string, bool, bool) {
			return []string{"scheme-not-tls"}, at(r, "driver", "tls") == false && c.Type == "rediss", r["client"] == "Redis" && at(r, "driver", "error") == nil
		},
		func(c connuri.Connection, r object) ([]string, bool, bool) {
			return []string{"none-password"}, at(r, "kwargs", "password") == nil && c.Password.Reveal() != "", r["error"] == nil
		},
	},
	"http": {
		func(c connuri.Connection, r object) ([]string, bool, bool) {
			base, _ := r["base_url"].(string)
			isHTTPS := strings.HasPrefix(strings.ToLower(base), "https://")
			isPath := c.Schema != "" && strings.HasPrefix(base, c.Schema+"://") && !strings.HasPrefix(strings.ToLower(base), "http://")
			expected := !isHTTPS && (c.Type == "https" || c.Port == 443 && !isPath)
			return []string{"https-is-http"}, expected, r["error"] == nil
		},
		func(_ connuri.Connection, r object) ([]string, bool, bool) {
			base, _ := r["base_url"].(string)
			return []string{"tls-unverified"}, strings.HasPrefix(strings.ToLower(base), "https://") && !isTrue(r["verify"]), r["error"] == nil
		},
		func(_ connuri.Connection, r object) ([]string, bool, bool) {
			auth, _ := r["auth"].([]any)
			return []string{"none-password"}, len(auth) == 2 && auth[1] == nil, r["error"] == nil
		},
	},
	"smtp": {
		func(_ connuri.Connection, r object) ([]string, bool, bool) {
			return []string{"tls-twice"}, r["client"] == "SMTP_SSL" && len(starttls(r)) > 0, r["error"] == nil && r["client"] != nil
		},
		func(_ connuri.Connection, r object) ([]string, bool, bool) {
			contexts := starttls(r)
			if r["client"] == "SMTP_SSL" {
				contexts = append(contexts, at(r, "kwargs", "context"))
			}
			return []string{"tls-unverified"}, slices.Contains(contexts, nil), r["error"] == nil && r["client"] != nil
		},
	},
	"mssql": {
		func(_ connuri.Connection, r object) ([]string, bool, bool) {
			return []string{"unknown-key", "prefixed-key"}, at(r, "driver", "error") != nil, r["error"] == nil
		},
		func(_ connuri.Connection, r object) ([]string, bool, bool) {
			pythonOnly := slices.ContainsFunc(strings.Fields("as_dict autocommit charset tds_version"), func(key string) bool { return at(r, "kwargs", key) != nil })
			return []string{"not-in-go"}, pythonOnly, r["driver"] == "ok"
		},
	},
	"ssh": {
		func(c connuri.Connection, r object) ([]string, bool, bool) {
			accepts := at(r, "host_keys", "unknown") != "RejectPolicy" && c.Host != "localhost"
			return []string{"host-unverified"}, accepts, at(r, "host_keys", "added") != nil && at(r, "host_key") == nil
		},
	},
	"kafka": {
		func(_ connuri.Connection, r object) ([]string, bool, bool) {
			unknown := slices.Contains([]any{"foo", "bootstrap_servers"}, at(r, "driver", "option"))
			return []string{"unknown-key", "prefixed-key"}, unknown, r["driver"] == "ok" || unknown
		},
		func(_ connuri.Connection, r object) ([]string, bool, bool) {
			protocol, _ := at(r, "config", "security.protocol").(string)
			config, _ := r["config"].(object)
			verify, given := config["enable.ssl.certificate.verification"]
			off := given && slices.Contains([]string{"false", "f", "0"}, strings.ToLower(fmt.Sprint(verify)))
			none := config["ssl.endpoint.identification.algorithm"] == "none" && isNothing(config["ssl.ca.location"])
			return []string{"tls-unverified"}, strings.HasSuffix(strings.ToLower(protocol), "ssl") && (off || none), r["driver"] == "ok"
		},
	},
	"snowflake": {
		func(_ connuri.Connection, r object) ([]string, bool, bool) {
			inPython := at(r, "kwargs", "client_request_mfa_token") != nil || at(r, "kwargs", "client_store_temporary_credential") != nil ||
				at(r, "kwargs", "json_result_force_utf8_decoding") != nil
			return []string{"not-in-go"}, inPython, r["error"] == nil
		},
		func(_ connuri.Connection, r object) ([]string, bool, bool) {
			return []string{"revocation-off"}, isTrue(at(r, "kwargs", "insecure_mode")), r["error"] == nil
		},
		func(_ connuri.Connection, r object) ([]string, bool, bool) {
			return []string{"auth-type"}, at(r, "kwargs", "authenticator") == "OAUTH", r["error"] == nil
		},
	},
	"google_cloud_platform": {
		func(_ connuri.Connection, r object) ([]string, bool, bool) {
			target, _ := at(r, "credentials", "target_principal").(string)
			return []string{"list-is-text"}, strings.HasSuffix(target, "]"), r["error"] == nil
		},
		func(_ connuri.Connection, r object) ([]string, bool, bool) {
			path, _ := at(r, "credentials", "key_path").(string)
			return []string{"key-path"}, path != "" && !strings.HasSuffix(path, ".json"), r["error"] == nil
		},
	},
	"mongo": {
		func(_ connuri.Connection, r object) ([]string, bool, bool) {
			options, _ := r["options"].(object)
			_, foo := options["foo"]
			_, srv := options["use_srv"]
			return []string{"unknown-key", "prefixed-key"}, foo || srv, at(r, "driver", "nodes") != nil || foo || srv
		},
		func(_ connuri.Connection, r object) ([]string, bool, bool) {
			return []string{"tls-unverified"}, at(r, "driver", "verify") == "CERT_NONE", at(r, "driver", "tls") == true
		},
		func(c connuri.Connection, r object) ([]string, bool, bool) {
			hasPassword, _ := at(r, "driver", "credentials", "password").(string)
			_, insecure := c.Extra.Get("allow_insecure") // a finding by itself
			return []string{"tls-off"}, at(r, "driver", "tls") == false && hasPassword != "" && c.Host != "localhost", at(r, "driver", "nodes") != nil && c.Host != "" && !insecure
		},
	},
}

// at is what lies under some keys, nil if nothing does.
func at(o object, path ...string) any {
	var v any = o
	for _, key := range path {
		inner, _ := v.(object)
		v = inner[key]
	}
	return v
}

// starttls are the contexts of the calls of STARTTLS.
func starttls(r object) (contexts []any) {
	calls, _ := r["calls"].([]any)
	for _, call := range calls {
		if call, _ := call.([]any); len(call) == 2 && call[0] == "starttls" {
			contexts = append(contexts, call[1])
		}
	}
	return contexts
}

// TestLintOfRecordings holds the findings against the recorded answers: what the hook did is
// found where it did it, and nowhere else.
func TestLintOfRecordings(t *testing.T) {
	for family, checks := range lintRows {
		expected := make([]int, len(checks))
		rows := 0
		connuritest.Rows(t, "hooks/"+family, func(line int, r hookRow) {
			rows++
			c, err := r.connection()
			if err != nil {
				return
			}
			found := rules(hook.Lint(c))
			for i, check := range checks {
				about, want, known := check(c, r.Result.Fields())
				got := slices.ContainsFunc(found, func(rule string) bool { return slices.Contains(about, rule) })
				switch {
				case !known:
				case want && !got:
					t.Errorf("hooks/%s line %d: %s is not found", family, line, about[0])
				case got && !want:
					t.Errorf("hooks/%s line %d: %s is found, and the hook did nothing of the sort", family, line, about[0])
				}
				if known && want {
					expected[i]++
				}
			}
		})
		for i := range checks {
			if here := slices.ContainsFunc(hookTests, func(h hookTest) bool { return h.name == family }); here && rows > 0 {
				assert.NotZero(t, expected[i], "check %d of %s has nothing to find", i, family)
			}
		}
	}
}

// TestOptionsAreNoHeaders holds the keys in the table against the headers that HttpHook made.
func TestOptionsAreNoHeaders(t *testing.T) {
	options := conntype.Of("http")
	headers := 0
	connuritest.Rows(t, "hooks/http", func(line int, r hookRow) {
		result := r.Result.Fields()
		if result["error"] != nil {
			return
		}
		sent, _ := result["headers"].(object)
		for name := range sent {
			headers++
			assert.Empty(t, options.Key(name), "line %d: a header is in the table", line)
		}
	})
	assert.NotZero(t, headers)
}

func rules(findings []connuri.Finding) (names []string) {
	for _, f := range findings {
		names = append(names, f.Rule)
	}
	return names
}
