package hook

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
)

// The methods of an AWSRole.
const (
	AssumeRole                = "assume_role"
	AssumeRoleWithSAML        = "assume_role_with_saml" // ErrUnsupported
	AssumeRoleWithWebIdentity = "assume_role_with_web_identity"
)

// AWSRole is the role that a client assumes: role_arn, assume_role_method and assume_role_kwargs of
// the extra.
type AWSRole struct {
	ARN    string // extra role_arn; "" means no role, and the fields below do not count
	Method string // extra assume_role_method; "" is AssumeRole, which is the default

	// The parameters of STS, by STS's names for them in assume_role_kwargs. AWS does not treat
	// those that are not a connuri.Secret as secret: CloudTrail shows them, and so do prints.
	SessionName       string            // RoleSessionName; default airflow_ and the connection's id; with a web identity, "" lets botocore make up a name
	ExternalID        connuri.Secret    // ExternalId
	Duration          time.Duration     // DurationSeconds; 0 is STS's default, an hour
	Policy            string            // Policy: a session policy as JSON
	PolicyARNs        []string          // PolicyArns
	Tags              map[string]string // Tags
	TransitiveTagKeys []string          // TransitiveTagKeys
	SourceIdentity    string            // SourceIdentity
	SerialNumber      string            // SerialNumber: of an MFA device
	TokenCode         connuri.Secret    // TokenCode: of an MFA device
	Kwargs            connuri.Extra     // extra assume_role_kwargs as it is written; zero if it is empty

	// For AssumeRoleWithWebIdentity.
	Federation string // extra assume_role_with_web_identity_federation: file, or google, which is ErrUnsupported
	TokenFile  string // extra assume_role_with_web_identity_token_file; "" is the variable AWS_WEB_IDENTITY_TOKEN_FILE
	Audience   string // extra assume_role_with_web_identity_federation_audience, for google

	SAML connuri.Extra // extra assume_role_with_saml, for AssumeRoleWithSAML
}

// role is AwsConnectionWrapper._get_assume_role_configs, plus what the session factory reads.
func (p awsPart) role(a *AWSConfig) (err error) {
	v, given := p.get("role_arn")
	if !given || !v.Truthy() {
		return nil
	}
	var role AWSRole
	if role.ARN, err = p.text("role_arn"); err != nil {
		return err
	}
	kwargs, err := p.object("assume_role_kwargs")
	if err != nil {
		return err
	}
	if len(kwargs.keys) > 0 {
		role.Kwargs = dump(p.values["assume_role_kwargs"])
	}
	role.Method = AssumeRole
	if method, given := p.values["assume_role_method"]; given {
		role.Method, _ = method.Text()
	}
	if err := kwargs.parameters(&role); err != nil {
		return err
	}
	defer func() { a.Role = role }()
	switch role.Method {
	case AssumeRole:
		if role.SessionName == "" {
			role.SessionName = p.sessionName()
		}
		return nil
	case AssumeRoleWithWebIdentity:
		return p.webIdentity(&role)
	case AssumeRoleWithSAML:
		return p.saml(&role)
	}
	return p.bad("assume_role_method", "the hook does not know it", "write "+AssumeRole+" or "+AssumeRoleWithWebIdentity+", or leave it out")
}

// sessionName returns the name that the hook makes of the connection's id with slugify.
func (p awsPart) sessionName() string {
	id := strings.ToLower("Airflow_" + p.r.c.ID)
	var b strings.Builder
	for i, c := range []byte(id) {
		switch {
		case c >= 0x80:
			p.r.refuse("conn_id", "", "it is not ASCII, and Airflow transliterates it for the name of the role's session",
				"write RoleSessionName in assume_role_kwargs")
		case c == ',' && i > 0 && i+1 < len(id) && isDigit(id[i-1]) && isDigit(id[i+1]):
			continue
		case c >= 'a' && c <= 'z', isDigit(c), strings.IndexByte("_+=,.@", c) >= 0:
			b.WriteByte(c)
			continue
		}
		if !strings.HasSuffix(b.String(), "-") {
			b.WriteByte('-')
		}
	}
	return strings.Trim(b.String(), "-")
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// awsRoleParameters are STS's own names.
var awsRoleParameters = []string{
	"RoleArn", "RoleSessionName", "ExternalId", "DurationSeconds", "Policy", "PolicyArns",
	"Tags", "TransitiveTagKeys", "SourceIdentity", "SerialNumber", "TokenCode",
}

// parameters reads assume_role_kwargs. RoleArn there does not count.
func (p awsPart) parameters(role *AWSRole) error {
	if err := p.known(awsRoleParameters, "STS, or this package,"); err != nil {
		return err
	}
	var external, code string
	for _, to := range []struct {
		name string
		text *string
	}{
		{"RoleSessionName", &role.SessionName}, {"ExternalId", &external}, {"Policy", &role.Policy},
		{"SourceIdentity", &role.SourceIdentity}, {"SerialNumber", &role.SerialNumber}, {"TokenCode", &code},
	} {
		var err error
		if *to.text, err = p.filled(to.name); err != nil {
			return err
		}
	}
	role.ExternalID, role.TokenCode = secretOf(external), secretOf(code)
	if v, given := p.values["DurationSeconds"]; given {
		seconds, err := strconv.ParseInt(v.Number(), 10, 32)
		if err != nil || v.Kind != pyjson.Int {
			return p.bad("DurationSeconds", "it is not a whole number", "write a number of seconds, without quotes")
		}
		role.Duration = time.Duration(seconds) * time.Second
	}
	return p.lists(role)
}

// lists reads the parameters that are lists.
func (p awsPart) lists(role *AWSRole) error {
	v, given := p.values["PolicyArns"]
	if given && !list(v, func(v pyjson.Value) bool {
		arn, ok := members(v, "arn")
		role.PolicyARNs = append(role.PolicyARNs, arn...)
		return ok
	}) {
		return p.bad("PolicyArns", "it is not a list of ARNs", `write [{"arn": …}]`)
	}
	v, given = p.values["Tags"]
	if given && !list(v, func(v pyjson.Value) bool {
		tag, ok := members(v, "Key", "Value")
		if ok {
			if role.Tags == nil {
				role.Tags = map[string]string{}
			}
			role.Tags[tag[0]] = tag[1]
		}
		return ok
	}) {
		return p.bad("Tags", "it is not a list of tags", `write [{"Key": …, "Value": …}]`)
	}
	v, given = p.values["TransitiveTagKeys"]
	if given && !list(v, func(v pyjson.Value) bool {
		text, _ := v.Text()
		role.TransitiveTagKeys = append(role.TransitiveTagKeys, text)
		return v.Kind == pyjson.String
	}) {
		return p.bad("TransitiveTagKeys", "it is not a list of texts", "write a list of the keys of Tags")
	}
	return nil
}

func (p awsPart) webIdentity(role *AWSRole) (err error) {
	const federation = "assume_role_with_web_identity_federation"
	if role.Federation, err = p.text(federation); err != nil {
		return err
	}
	if role.TokenFile, err = p.text("assume_role_with_web_identity_token_file"); err != nil {
		return err
	}
	switch role.Federation {
	case "file":
		return nil
	case "google":
		p.refuse(federation, "the token of Google has to be asked for", "write file, and have the token written to a file")
		role.Audience, err = p.text(federation + "_audience")
		return err
	}
	return p.bad(federation, "the hook does not know it", "write file")
}

// saml checks what the hook checks before it asks the identity provider.
func (p awsPart) saml(role *AWSRole) error {
	const key = "assume_role_with_saml"
	v := p.values[key]
	if v.Kind != pyjson.Object {
		return p.bad(key, "it is not an object", "use another assume_role_method")
	}
	saml := awsMembers(p.r, key, v)
	for _, name := range []string{"principal_arn", "idp_auth_method", "idp_url", "saml_response_xpath"} {
		if _, given := saml.values[name]; !given {
			return saml.bad(name, "it is missing", "use another assume_role_method")
		}
	}
	if method, _ := saml.text("idp_auth_method"); method != "http_spegno_auth" {
		return saml.bad("idp_auth_method", "the hook does not know it", "use another assume_role_method")
	}
	if _, given := saml.values["mutual_authentication"]; given {
		if word, _ := saml.text("mutual_authentication"); !slices.Contains([]string{"REQUIRED", "OPTIONAL", "DISABLED"}, word) {
			return saml.bad("mutual_authentication", "the hook does not know it", "use another assume_role_method")
		}
	}
	role.SAML = dump(v)
	p.refuse("assume_role_method", "SAML asks an identity provider by Kerberos", "write "+AssumeRole+" or "+AssumeRoleWithWebIdentity)
	return nil
}
