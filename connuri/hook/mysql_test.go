package hook_test

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

// mysqlModes are the words of mysqlclient's ssl_mode.
var mysqlModes = []string{"DISABLED", "PREFERRED", "REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY"}

var mysqlTest = hookTest{
	name: "mysql",
	read: func(c connuri.Connection) (object, error) {
		my, err := hook.MySQL(c)
		kwargs := object{
			"user": my.User, "password": my.Password.Reveal(), "host": my.Host, "database": my.Database, "port": my.Port,
			"charset": my.Charset, "ssl": extraObject(my.SSL), "ssl_mode": my.SSLMode, "unix_socket": my.UnixSocket,
		}
		got := object{"client": my.Client, "kwargs": kwargs}
		if my.Token != nil {
			got["iam"] = tokenObject(my.Token)
		}
		return got, err
	},
	fails: func(result object) string {
		kwargs, _ := result["kwargs"].(object)
		driver, _ := result["driver"].(object)
		mode, isText := kwargs["ssl_mode"].(string)
		switch {
		case result["error"] != nil:
			return "the hook"
		case driver["error"] != nil:
			return "the driver"
		case result["client"] == "mysqlclient" && isText && !slices.Contains(mysqlModes, mode):
			return "mysqlclient does not know the ssl_mode" // which was not there when the rows were recorded
		}
		return ""
	},
	refused: func(result object) string {
		kwargs, _ := result["kwargs"].(object)
		if ssl := kwargs["ssl"]; ssl != nil && !isObject(ssl) {
			return "ssl is not an object"
		}
		return ""
	},
	notCompared: []string{"url", "driver"},
	inert: func(result object) {
		kwargs, _ := result["kwargs"].(object)
		delete(kwargs, "cursorclass")
		delete(kwargs, "use_unicode")
		if result["iam"] != nil {
			delete(kwargs, "read_default_group")
			delete(kwargs, "passwd") // the token
		}
		if !isObject(kwargs["ssl"]) {
			delete(kwargs, "ssl")
		}
	},
	want: func(result object) object {
		kwargs, _ := result["kwargs"].(object)
		for from, to := range map[string]string{"passwd": "password", "db": "database"} {
			if v, ok := kwargs[from]; ok {
				kwargs[to] = v
				delete(kwargs, from)
			}
		}
		if result["client"] == "mysql-connector-python" {
			ssl := object{}
			for key, v := range kwargs {
				if strings.HasPrefix(key, "ssl_") {
					ssl[key] = v
					delete(kwargs, key)
				}
			}
			kwargs["ssl"] = ssl
		}
		if iam, ok := result["iam"].(object); ok {
			dropNulls(iam)
		}
		return result
	},
	choices: []hookChoice{
		loginTrue,
		mysqlNotText("charset"),
		mysqlNotText("ssl_mode"),
	},
	leaves: 1967,
}

// mysqlNotText is a setting that mysqlclient takes as text only: it fails at connecting.
func mysqlNotText(key string) hookChoice {
	return hookChoice{
		reason: key + " is not text: mysqlclient takes nothing else",
		met: func(_ connuri.Connection, _ error, result object) bool {
			kwargs, _ := result["kwargs"].(object)
			_, isText := kwargs[key].(string)
			return result["client"] == "mysqlclient" && kwargs[key] != nil && !isText
		},
	}
}

func isObject(v any) bool {
	o, ok := v.(object)
	return ok && o["$float"] == nil
}

// extraObject is an extra in the form of a row.
func extraObject(e connuri.Extra) any {
	var v any
	decoder := json.NewDecoder(strings.NewReader(e.Reveal()))
	decoder.UseNumber()
	if e.IsZero() || decoder.Decode(&v) != nil {
		return e.Reveal()
	}
	return v
}
