package hook

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
)

// Key returns the private key as PKCS #8, DER, decrypted: PrivateKey, or the key in PrivateKeyFile.
// It is zero if there is none. readFile, such as os.ReadFile, reads a file by its path in the
// connection. As in the hook, a file has at most 4096 bytes. No error names the path. An error
// about the key is an *Error, and ErrUnsupported if the hook reads that key and this package does
// not.
func (c SnowflakeConfig) Key(readFile func(path string) ([]byte, error)) (connuri.Secret, error) {
	if c.PrivateKeyFile == "" {
		return c.PrivateKey, nil
	}
	pem, err := readWith(readFile, c.PrivateKeyFile)
	if err != nil {
		return connuri.Secret{}, fileError("private key", err)
	}
	problem := &keyProblem{rule: "the file is empty or larger than 4096 bytes", instead: "write the path of a private key"}
	var der []byte
	if len(pem) > 0 && len(pem) <= 4096 {
		der, problem = pkcs8(string(pem), c.Passphrase.Reveal(), !c.Passphrase.IsZero())
	}
	if problem != nil {
		err := snowflakeError("private_key_file", problem.rule, problem.instead)
		err.unsupported = problem.unsupported
		return connuri.Secret{}, err
	}
	return connuri.NewSecret(string(der)), nil
}

func snowflakeError(key, rule, instead string) *Error {
	return &Error{Type: "snowflake", Field: "extra", Key: key, Rule: rule, Instead: instead}
}

// DSN returns the settings as the text that gosnowflake's ParseDSN and sql.Open("snowflake", …)
// take. readFile is that of Key.
//
// The error is an *Error for what the driver would misread: an account, region or host with a
// character that changes the host, an unknown authenticator, a name in session_parameters that is
// not a parameter, and a private key that is not RSA. It is ErrUnsupported for session_parameters
// that are not an object of single values, and for a token that was not fetched: set Token.
func (c SnowflakeConfig) DSN(readFile func(path string) ([]byte, error)) (connuri.Secret, error) {
	host, err := c.host()
	if err != nil {
		return connuri.Secret{}, err
	}
	q := url.Values{}
	set := func(name, value string) {
		if value != "" {
			q.Set(name, value)
		}
	}
	account, _, _ := strings.Cut(c.Account, ".")
	set("account", account)
	// The driver unescapes these four once more than all others.
	set("database", url.QueryEscape(c.Database))
	set("schema", url.QueryEscape(c.Schema))
	set("warehouse", url.QueryEscape(c.Warehouse))
	set("role", url.QueryEscape(c.Role))
	set("proxyHost", c.ProxyHost)
	set("proxyUser", c.ProxyUser)
	set("proxyPassword", c.ProxyPassword.Reveal())
	if c.ProxyPort != 0 {
		set("proxyPort", strconv.Itoa(c.ProxyPort))
	}
	if c.InsecureMode {
		set("disableOCSPChecks", "true")
	}
	if c.OCSPFailClosed {
		set("ocspFailOpen", "false")
	}
	if err := c.dsnLogin(set, readFile); err != nil {
		return connuri.Secret{}, err
	}
	if err := c.dsnSession(q); err != nil {
		return connuri.Secret{}, err
	}
	login := url.QueryEscape(c.User) + ":" + url.QueryEscape(c.Password.Reveal())
	port := c.Port
	if port == 0 {
		port = 443
	}
	return connuri.NewSecret(login + "@" + host + ":" + strconv.Itoa(port) + "?" + q.Encode()), nil
}

// host returns Host, or what the connector makes of account and region. China has a domain of its
// own, and the region us-west-2 is not part of a name.
func (c SnowflakeConfig) host() (string, error) {
	for _, of := range [][2]string{{"account", c.Account}, {"region", c.Region}, {"host", c.Host}} {
		if of[1] != "" && !isSnowflakeName(of[1]) || of[0] == "account" && of[1] == "" {
			return "", snowflakeError(of[0], "it is empty or has a character that would change the host", "write letters, digits, dots, hyphens and underscores")
		}
	}
	if c.Host != "" {
		return c.Host, nil
	}
	account, region, _ := strings.Cut(c.Account, ".")
	if c.Region != "" && c.Region != "us-west-2" {
		region = c.Region
	}
	domain := ".snowflakecomputing.com"
	if strings.HasPrefix(strings.ToLower(region), "cn-") {
		domain = ".snowflakecomputing.cn"
	}
	if region != "" {
		account += "." + region
	}
	return account + domain, nil
}

// snowflakeAuthenticators are the words that both the connector and gosnowflake know; "" is
// snowflake.
var snowflakeAuthenticators = []string{"", "snowflake", "oauth", "snowflake_jwt", "externalbrowser", "username_password_mfa",
	"programmatic_access_token", "workload_identity", "oauth_authorization_code", "oauth_client_credentials"}

// dsnLogin decides how to log in. A private key comes first, as in the connector.
func (c SnowflakeConfig) dsnLogin(set func(name, value string), readFile func(path string) ([]byte, error)) error {
	der, err := c.Key(readFile)
	switch {
	case err != nil:
		return err
	case !der.IsZero():
		key, err := x509.ParsePKCS8PrivateKey([]byte(der.Reveal()))
		if _, isRSA := key.(*rsa.PrivateKey); err != nil || !isRSA {
			return snowflakeError("private_key_content", "it is not an RSA key, and the driver takes no other", "write an RSA key")
		}
		set("authenticator", "snowflake_jwt")
		set("privateKey", base64.URLEncoding.EncodeToString([]byte(der.Reveal())))
		return nil
	case c.OAuth != nil && c.Token.IsZero():
		err := snowflakeError("authenticator", "it is oauth, so a token has to be asked for", "ask for it by OAuth, and set Token")
		err.unsupported = true
		return err
	}
	authenticator := strings.ToLower(c.Authenticator)
	if !strings.HasPrefix(authenticator, "https://") && !slices.Contains(snowflakeAuthenticators, authenticator) { // which the driver's error shows
		return snowflakeError("authenticator", "the driver does not know this word", "write snowflake, oauth, snowflake_jwt, externalbrowser or the https:// URL of an Okta account")
	}
	set("authenticator", authenticator)
	set("token", c.Token.Reveal())
	set("tokenFilePath", c.TokenFile)
	set("workloadIdentityProvider", c.WorkloadIdentityProvider)
	return nil
}

// dsnSession sets the session's parameters, by names in capitals. It refuses the driver's own
// names, so that no parameter replaces an account or a token.
func (c SnowflakeConfig) dsnSession(q url.Values) error {
	text := c.SessionParameters.Reveal()
	if text == "" {
		return nil
	}
	var problem *Error
	err := pyjson.Members(text, func(label, v pyjson.Value) error {
		name := strings.ToUpper(label.Str())
		switch {
		case !isSnowflakeName(name) || strings.ContainsAny(name, ".-"):
			problem = snowflakeError("session_parameters", "it has a name that is not of letters, digits and underscores", "write the name as Snowflake has it, such as QUERY_TAG")
		case holdsValues(v):
			problem = snowflakeError("session_parameters", "it has a value that is a list or an object", "write text, a number, true or false")
			problem.unsupported = true
		case v.Kind == pyjson.True, v.Kind == pyjson.False:
			q.Set(name, strings.ToLower(v.Str()))
		case v.Kind != pyjson.Null:
			q.Set(name, v.Str())
		}
		return nil
	})
	if err != nil {
		problem = snowflakeError("session_parameters", "it is not an object", `write {"NAME": VALUE}`)
		problem.unsupported = true
	}
	if problem != nil {
		return problem
	}
	return nil
}
