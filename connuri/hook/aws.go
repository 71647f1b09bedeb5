package hook

import (
	"net/url"
	"strings"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
)

// AWSConfig holds the settings from which AwsGenericHook makes its clients. The zero value leaves
// everything to the SDK: the environment, the shared configuration files, the role of the machine.
// LoadAWS of backend/setup makes the SDK's configuration of it.
type AWSConfig struct {
	Region  string // extra region_name; "" leaves it to the SDK
	Profile string // extra profile_name: of the shared configuration files; "" is the default one

	// The keys to sign requests with, or to ask STS with if there is a role. They come from login
	// and password, otherwise from the extra, otherwise from its session_kwargs. Zero if none of
	// these has them.
	AccessKeyID     connuri.Secret // login, or extra aws_access_key_id
	SecretAccessKey connuri.Secret // password, or extra aws_secret_access_key
	SessionToken    connuri.Secret // extra aws_session_token, also if the keys are login and password

	// EndpointURL is the extra endpoint_url, for every service without an endpoint of its own; ""
	// is AWS's. The request for the role never uses it.
	EndpointURL string
	// ServiceEndpoints are the endpoints of single services, service_config.SERVICE.endpoint_url by
	// boto3's name of the service (s3, stepfunctions). They take precedence over EndpointURL, and
	// "" is AWS's own. The request for the role uses that of sts.
	ServiceEndpoints map[string]string
	ServiceConfig    connuri.Extra // extra service_config as it is written, such as s3.bucket_name for S3Hook; zero if it is empty

	// How to verify the certificates of AWS; the request for the role ignores this. If none is set,
	// the CAs are those of AWS_CA_BUNDLE, otherwise those of the system.
	InsecureSkipVerify bool   // extra verify is false: anyone on the network path can read along
	SystemCAs          bool   // extra verify is true: the CAs of the system, whatever AWS_CA_BUNDLE says
	CAFile             string // extra verify: path of a PEM file, whose certificates alone are trusted

	Role   AWSRole   // the role to assume with the keys
	Client AWSClient // extra config_kwargs; it also applies to the request for the role
}

// Endpoint returns the endpoint of a service by boto3's name of it, such as s3 or logs; "" is AWS's
// own. A client for STS uses Endpoint("sts"), but the request for the role uses only
// ServiceEndpoints["sts"].
func (c AWSConfig) Endpoint(service string) string {
	if endpoint, given := c.ServiceEndpoints[service]; given {
		return endpoint
	}
	return c.EndpointURL
}

// S3PathStyle reports whether an S3 client puts the bucket into the path of a URL rather than into
// the host name; set UsePathStyle of the SDK's s3.Options to it. Unless the connection says
// otherwise, boto3 does so for every custom endpoint except that of S3 Transfer Acceleration.
// S3PathStyle knows only the endpoints of the connection; S3PathStyleAt takes one.
func (c AWSConfig) S3PathStyle() bool { return c.S3PathStyleAt(c.Endpoint("s3")) }

// S3PathStyleAt is S3PathStyle for the endpoint of the client, such as that of AWS_ENDPOINT_URL_S3;
// "" is AWS's own.
func (c AWSConfig) S3PathStyleAt(endpoint string) bool {
	switch c.Client.S3AddressingStyle {
	case "path":
		return true
	case "virtual":
		return false
	}
	u, err := url.Parse(endpoint)
	if endpoint == "" || err != nil {
		return endpoint != ""
	}
	switch u.Host {
	case "s3-accelerate.amazonaws.com", "s3-accelerate.dualstack.amazonaws.com":
		return false // which has no other style
	}
	return true
}

// AWS reads a connection as AwsGenericHook (apache-airflow-providers-amazon) does. It ignores the
// host and the port of the connection and other extras, such as region, host and external_id.
// Without role_arn it reads nothing about roles.
//
// The error is an *Error for what the hook, boto3 or botocore refuses: an unknown method or
// federation, an unknown parameter of the role or of config_kwargs, a value of the wrong type, and
// nested settings that are text, as they all are in a URI without __extra__. An endpoint with a
// login or a query is an *Error too.
//
// These are ErrUnsupported and come with the complete settings: one key without the other, an empty
// region_name, verify as text that is not a path, SAML and Google federation, options in
// config_kwargs that the SDK cannot express, such as max_pool_connections, and a connection id
// outside ASCII if it has to become the name of a session.
//
// With any other error, AWS returns the settings that it could read.
func AWS(c connuri.Connection) (AWSConfig, error) {
	return awsConfig(c)
}

func awsConfig(c connuri.Connection) (AWSConfig, error) {
	var a AWSConfig
	r, err := read("aws", c)
	if err != nil {
		return a, err
	}
	extra := r.awsExtra()
	if _, given := r.extra["self"]; given {
		return a, r.bad("extra", "", "it has a key that is also a Python parameter", "leave that key out")
	}
	for _, step := range []func(awsPart, *AWSConfig) error{
		awsPart.texts, awsPart.keyPair, awsPart.endpoints, awsPart.verify, awsPart.client, awsPart.role,
	} {
		if err := step(extra, &a); err != nil {
			return a, err
		}
	}
	return a, r.end()
}

func (p awsPart) texts(a *AWSConfig) (err error) {
	region, given := p.get("region_name")
	if given && region.Kind == pyjson.String && region.Raw == "" {
		p.refuse("region_name", "it is empty, which boto3 refuses", "leave it out to have the region of the environment")
	}
	if a.Region, err = p.text("region_name"); err != nil {
		return err
	}
	if a.Profile, err = p.text("profile_name"); err != nil {
		return err
	}
	a.EndpointURL, err = p.endpoint()
	return err
}

// endpoint returns the endpoint_url of the extra, or of a service in it. It refuses a login and a
// query, which may be a password or a token, because an endpoint is printed.
func (p awsPart) endpoint() (string, error) {
	text, err := p.text("endpoint_url")
	if err != nil {
		return "", err
	}
	if _, err := url.Parse(text); err != nil || strings.ContainsAny(text, "@?#") {
		return "", p.bad("endpoint_url", "it is not a plain URL, and may hold a secret", "write scheme, host and port alone, without a login and a query")
	}
	return text, nil
}

// keyPair is AwsConnectionWrapper._get_credentials.
func (p awsPart) keyPair(a *AWSConfig) error {
	session, err := p.object("session_kwargs")
	if err != nil {
		return err
	}
	var keys [6]string
	names := [...]string{"aws_access_key_id", "aws_secret_access_key", "aws_session_token"}
	for i := range keys {
		from := p
		if i >= len(names) {
			from = session
		}
		if keys[i], err = from.text(names[i%len(names)]); err != nil {
			return err
		}
	}
	id, key, token := keys[0], keys[1], keys[2]
	switch login, password := p.r.c.Login, p.r.c.Password.Reveal(); {
	case login != "" && password != "":
		id, key = login, password
	case id != "" && key != "":
	case keys[3] != "" && keys[4] != "":
		id, key = keys[3], keys[4]
	}
	if token == "" {
		token = keys[5]
	}
	if (id == "") != (key == "") {
		p.refuse("aws_access_key_id", "it needs aws_secret_access_key, and the other way round", "write both or neither")
	}
	a.AccessKeyID, a.SecretAccessKey, a.SessionToken = secretOf(id), secretOf(key), secretOf(token)
	return nil
}

// secretOf returns a secret that is zero for "".
func secretOf(text string) connuri.Secret {
	if text == "" {
		return connuri.Secret{}
	}
	return connuri.NewSecret(text)
}

// endpoints reads service_config. A service that is not an object is an error, even if it is null.
func (p awsPart) endpoints(a *AWSConfig) error {
	v, given := p.values["service_config"]
	if !given {
		return nil
	}
	if v.Kind != pyjson.Object {
		return p.bad("service_config", "it is not an object", `write {"s3": {"endpoint_url": URL}}, in a URI inside __extra__`)
	}
	services := awsMembers(p.r, "service_config", v)
	for _, name := range services.keys {
		of := services.values[name]
		if of.Kind != pyjson.Object {
			return p.bad("service_config", "the settings of a service are not an object", `write {"endpoint_url": URL}`)
		}
		// The name is not shown: anybody can have written anything there.
		service := awsMembers(p.r, "service_config.SERVICE", of)
		if _, given := service.values["endpoint_url"]; !given {
			continue
		}
		endpoint, err := service.endpoint()
		if err != nil {
			return err
		}
		if a.ServiceEndpoints == nil {
			a.ServiceEndpoints = map[string]string{}
		}
		a.ServiceEndpoints[name] = endpoint
	}
	a.ServiceConfig = dump(v)
	return nil
}

// dump returns an object as it is written, or zero for {}.
func dump(v pyjson.Value) connuri.Extra {
	if !v.Truthy() {
		return connuri.Extra{}
	}
	return connuri.RawExtra(string(pyjson.AppendDump(nil, v)))
}

// verify reads verify as botocore does, except that "" counts as unset: botocore would verify
// nothing.
func (p awsPart) verify(a *AWSConfig) error {
	v, given := p.get("verify")
	switch {
	case !given:
	case v.Kind == pyjson.True:
		a.SystemCAs = true
	case v.Kind == pyjson.String:
		a.CAFile, _ = v.Text()
		if a.CAFile != "" && !strings.Contains(a.CAFile, "/") {
			p.refuse("verify", "it is text, which is the path of a CA file, and no path", "write true or false without quotes, or the whole path")
		}
	case !v.Truthy():
		a.InsecureSkipVerify = true
	default:
		return p.bad("verify", "it is neither true nor false nor a path", "write true, false or the path of a CA file")
	}
	return nil
}
