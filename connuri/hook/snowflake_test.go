package hook_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

// recordedKey is the key that the rows have, in files as well.
const recordedKey = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB\n-----END PRIVATE KEY-----\n"

// snowflakeTest compares what the connector gets. The key of a file is read by Key.
var snowflakeTest = hookTest{
	name: "snowflake",
	read: func(c connuri.Connection) (object, error) {
		sf, err := hook.Snowflake(c)
		if err != nil && !errors.Is(err, hook.ErrUnsupported) {
			return nil, err
		}
		got := object{
			"user": sf.User, "password": sf.Password.Reveal(), "schema": sf.Schema, "database": sf.Database, "account": sf.Account,
			"warehouse": sf.Warehouse, "region": sf.Region, "role": sf.Role, "authenticator": sf.Authenticator,
			"session_parameters": decoded(sf.SessionParameters.Reveal()), "insecure_mode": sf.InsecureMode, "ocsp_fail_open": !sf.OCSPFailClosed,
			"workload_identity_provider": sf.WorkloadIdentityProvider, "token": sf.Token.Reveal(), "token_file_path": sf.TokenFile,
			"grant_type": sf.GrantType, "host": sf.Host, "proxy_host": sf.ProxyHost, "proxy_user": sf.ProxyUser, "proxy_password": sf.ProxyPassword.Reveal(),
		}
		if sf.Port != 0 {
			got["port"] = sf.Port
		}
		if sf.ProxyPort != 0 {
			got["proxy_port"] = sf.ProxyPort
		}
		var files []string
		key, keyErr := sf.Key(func(path string) ([]byte, error) {
			files = append(files, path)
			return []byte(recordedKey), nil
		})
		if !key.IsZero() {
			sum := sha256.Sum256([]byte(key.Reveal()))
			got["private_key"] = object{"$bytes_sha256": hex.EncodeToString(sum[:])}
		}
		got["files"] = anyList(files)
		if sf.OAuth != nil {
			snowflakeToken(got, *sf.OAuth, sf.Account)
		}
		return got, errors.Join(err, keyErr)
	},
	fails: func(result object) string {
		switch {
		case result["error"] != nil && result["files"] != nil:
			return "the hook, at the key in a file"
		case result["error"] != nil:
			return "the hook"
		case otherType(result["kwargs"], snowflakeTexts) != "", isOtherType(at(result, "kwargs", "authenticator")):
			return "the connector takes text only"
		case !isPort(at(result, "kwargs", "port")), !isPort(at(result, "kwargs", "proxy_port")):
			return "the connector takes a number as port"
		}
		return ""
	},
	refusedOf: unreadKey,
	refused: func(result object) string {
		switch {
		case isNothing(at(result, "kwargs", "account")):
			return "no account"
		case isText(at(result, "kwargs", "session_parameters")):
			return "session_parameters as text"
		}
		return ""
	},
	notCompared: []string{"url"},
	inert: func(result object) {
		kwargs, _ := result["kwargs"].(object)
		dropFalse(kwargs, "session_parameters")
		for _, key := range []string{"application", "client_request_mfa_token", "client_store_temporary_credential", "json_result_force_utf8_decoding"} {
			delete(kwargs, key)
		}
	},
	want: func(result object) object {
		want, _ := result["kwargs"].(object)
		if isText(want["port"]) {
			want["port"] = pythonInt(want["port"])
		}
		want["files"], want["oauth_request"] = result["files"], result["oauth_request"]
		if want["ocsp_fail_open"] == nil { // the connector's default
			want["ocsp_fail_open"] = true
		}
		if want["token"] == "<token>" && want["authenticator"] == "oauth" {
			want["token"] = nil // asked for by oauth_request
		}
		if want["token_endpoint"] == snowflakeEndpoint(want["account"]) {
			want["token_endpoint"] = nil // as if it were not there
		}
		return want
	},
	truths: []string{"insecure_mode", "ocsp_fail_open"},
	choices: []hookChoice{{
		reason: "a number as password, on which the hook fails: connuri reads it as text",
		met: func(c connuri.Connection, parseErr error, result object) bool {
			return parseErr == nil && result["error"] == "AttributeError" && json.Valid([]byte(c.Password.Reveal())) && !strings.Contains(c.Extra.Reveal(), "private_key_content")
		},
		goesOn: true,
	}, loginTrue, {
		reason: "the connection of Azure is not in the recording",
		met: func(_ connuri.Connection, _ error, result object) bool {
			return result["error"] == "AirflowNotFoundException"
		},
		goesOn: true,
	}, {
		reason: "a login may stand in the name of a server or in a URL, which the settings print",
		met: func(_ connuri.Connection, _ error, result object) bool {
			kwargs := result["kwargs"]
			return mayHoldLogin(kwargs, "account region", "@?=:") || mayHoldLogin(kwargs, "host proxy_host", "@?=") ||
				mayHoldLogin(kwargs, "token_endpoint", "@?#") || mayHoldLogin(result["oauth_request"], "url", "@?#")
		},
	}, {
		reason: "a private key that Go does not read",
		met: func(c connuri.Connection, _ error, result object) bool {
			return result["error"] == nil && unreadKey(c) != ""
		},
		part: "private_key",
	}},
	leaves: 3135,
}

// snowflakeTexts are the arguments that the connector takes as text.
const snowflakeTexts = "account region database warehouse role grant_type workload_identity_provider proxy_host proxy_user proxy_password host token token_file_path refresh_token"

// isOtherType reports whether v is there and neither text nor a number.
func isOtherType(v any) bool {
	_, isString := v.(string)
	_, isNumber := v.(json.Number)
	return v != nil && !isString && !isNumber
}

// isPort reports whether a port is nothing, or one that int() reads.
func isPort(v any) bool {
	if text, ok := v.(string); ok && text != "" {
		return pythonInt(text) != "0"
	}
	number, ok := v.(json.Number)
	return !isTrue(v) || ok && !strings.ContainsAny(number.String(), ".e")
}

// snowflakeToken adds what the hook asks for a token: in the request, and beside it.
func snowflakeToken(got object, t hook.SnowflakeTokenRequest, account string) {
	got["refresh_token"], got["azure_conn_id"] = t.RefreshToken.Reveal(), t.AzureConnID
	if t.AzureConnID != "" {
		return
	}
	got["scope"], got["client_id"], got["client_secret"] = t.Scope, t.ClientID, t.ClientSecret.Reveal()
	if t.URL != snowflakeEndpoint(account) {
		got["token_endpoint"] = t.URL
	}
	data := object{"grant_type": t.GrantType, "redirect_uri": t.RedirectURI, "scope": t.Scope, "username": t.Username, "password": t.Password.Reveal()}
	if t.GrantType == "refresh_token" {
		data["refresh_token"] = t.RefreshToken.Reveal()
	}
	got["oauth_request"] = object{"url": t.URL, "data": data, "client_id": t.ClientID, "client_secret": t.ClientSecret.Reveal()}
}

func snowflakeEndpoint(account any) string {
	name, _ := account.(string)
	return "https://" + name + ".snowflakecomputing.com/oauth/token-request"
}

// decoded is JSON as a row has it, nil for "".
func decoded(text string) (v any) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	_ = d.Decode(&v)
	return v
}

func isText(v any) bool {
	text, ok := v.(string)
	return ok && text != ""
}
