package hook

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
)

// AWSClient holds what the extra config_kwargs says about the clients, in botocore's words. The
// zero value leaves everything to the SDK.
type AWSClient struct {
	Region               string        // region_name: takes precedence over the Region of the connection
	MaxAttempts          int           // retries: how often a call is tried in total (total_max_attempts, or max_attempts plus one); 0 is the SDK's default
	RetryMode            string        // retries.mode: standard, adaptive, or legacy, which is standard in Go; "" is the SDK's
	ConnectTimeout       time.Duration // connect_timeout, seconds; 0 is the SDK's
	ReadTimeout          time.Duration // read_timeout, seconds: how long to wait for an answer to begin; 0 means no limit
	Unsigned             bool          // signature_version is unsigned: no credentials are used
	Proxies              Secrets       // proxies: URL of the proxy by scheme, https and http; nil: those of the environment
	S3AddressingStyle    string        // s3.addressing_style: path, virtual or auto; see S3PathStyle
	UseFIPSEndpoint      *bool         // use_fips_endpoint; nil leaves it to the SDK
	UseDualStackEndpoint *bool         // use_dualstack_endpoint; nil leaves it to the SDK
	AppID                string        // user_agent_appid
	RequestChecksum      string        // request_checksum_calculation: when_supported or when_required; "" leaves it to the SDK
	ResponseChecksum     string        // response_checksum_validation: when_supported or when_required; "" leaves it to the SDK
	Kwargs               connuri.Extra // the whole of config_kwargs as it is written; zero if it is empty
}

// client reads config_kwargs as botocore.config.Config does.
func (p awsPart) client(a *AWSConfig) error {
	kwargs, err := p.object("config_kwargs")
	if err != nil || len(kwargs.keys) == 0 {
		return err
	}
	if err := kwargs.known(botocoreOptions, "botocore"); err != nil {
		return err
	}
	c := AWSClient{Kwargs: dump(p.values["config_kwargs"])}
	if c.Region, err = kwargs.text("region_name"); err != nil {
		return err
	}
	if c.AppID, err = kwargs.text("user_agent_appid"); err != nil {
		return err
	}
	if c.RequestChecksum, err = kwargs.checksum("request_checksum_calculation"); err != nil {
		return err
	}
	if c.ResponseChecksum, err = kwargs.checksum("response_checksum_validation"); err != nil {
		return err
	}
	for _, step := range []func(awsPart, *AWSClient) error{
		awsPart.retries, awsPart.timeouts, awsPart.proxies, awsPart.s3, awsPart.variants,
	} {
		if err := step(kwargs, &c); err != nil {
			return err
		}
	}
	for _, name := range kwargs.keys {
		if v := kwargs.values[name]; !slices.Contains(botocorePlaced, name) && v.Truthy() {
			kwargs.refuse(name, "the SDK for Go has no place for it", "leave it out, and set what Go needs where the client is made")
		}
	}
	a.Client = c
	return nil
}

func (p awsPart) retries(c *AWSClient) error {
	v, given := p.get("retries")
	if !given {
		return nil
	}
	if v.Kind != pyjson.Object {
		return p.bad("retries", "it is not an object", `write {"max_attempts": 5, "mode": "standard"}`)
	}
	retries := awsMembers(p.r, p.path+"retries", v)
	if err := retries.known([]string{"total_max_attempts", "max_attempts", "mode"}, "botocore"); err != nil {
		return err
	}
	for _, name := range []string{"max_attempts", "total_max_attempts"} { // the second wins
		v, given := retries.values[name]
		if !given {
			continue
		}
		n, err := strconv.ParseInt(v.Number(), 10, 31)
		least := int64(1)
		if name == "max_attempts" {
			n, least = n+1, 1 // the first try does not count there
		}
		if err != nil || v.Kind != pyjson.Int || n < least {
			return retries.bad(name, "it is not a whole number, or below the least one", "write a number, without quotes")
		}
		c.MaxAttempts = int(n)
	}
	if _, given := retries.values["mode"]; given {
		c.RetryMode, _ = retries.text("mode")
		if !slices.Contains([]string{"legacy", "standard", "adaptive"}, c.RetryMode) {
			c.RetryMode = ""
			return retries.bad("mode", "botocore does not know it", "write standard or adaptive")
		}
	}
	return nil
}

// timeouts reads the timeouts, in seconds. null, which means no limit in botocore, leaves them to
// the SDK.
func (p awsPart) timeouts(c *AWSClient) error {
	var err error
	if c.ConnectTimeout, err = p.seconds("connect_timeout"); err != nil {
		return err
	}
	c.ReadTimeout, err = p.seconds("read_timeout")
	return err
}

func (p awsPart) seconds(name string) (time.Duration, error) {
	v, given := p.get(name)
	if !given {
		return 0, nil
	}
	seconds := v.Float()
	if v.Kind != pyjson.Int && v.Kind != pyjson.Float || !(seconds > 0 && seconds < 1e9) {
		return 0, p.bad(name, "it is not a number above 0", "write seconds, without quotes")
	}
	return max(time.Duration(seconds*float64(time.Second)), 1), nil
}

// checksum reads when to make or check a checksum; upper and lower case are equal.
func (p awsPart) checksum(name string) (string, error) {
	text, err := p.text(name)
	if text = strings.ToLower(text); err != nil || text == "" || text == "when_supported" || text == "when_required" {
		return text, err
	}
	return "", p.bad(name, "botocore does not know it", "write when_supported or when_required")
}

func (p awsPart) proxies(c *AWSClient) error {
	proxies, err := p.object("proxies")
	if err != nil {
		return err
	}
	for _, scheme := range proxies.keys {
		if scheme != "http" && scheme != "https" {
			continue // botocore looks for no other
		}
		text, err := proxies.text(scheme)
		if err != nil {
			return err
		}
		if c.Proxies == nil {
			c.Proxies = Secrets{}
		}
		if text != "" {
			c.Proxies[scheme] = connuri.NewSecret(text)
		}
	}
	if len(proxies.keys) > 0 && c.Proxies == nil {
		c.Proxies = Secrets{} // and not those of the environment
	}
	return nil
}

func (p awsPart) s3(c *AWSClient) error {
	v, given := p.get("s3")
	if !given {
		return nil
	}
	if v.Kind != pyjson.Object {
		return p.bad("s3", "it is not an object", `write {"addressing_style": "path"}`)
	}
	s3 := awsMembers(p.r, p.path+"s3", v)
	var err error
	if c.S3AddressingStyle, err = s3.text("addressing_style"); err != nil {
		return err
	}
	if _, given := s3.get("addressing_style"); given && !slices.Contains([]string{"path", "virtual", "auto"}, c.S3AddressingStyle) {
		c.S3AddressingStyle = ""
		return s3.bad("addressing_style", "botocore does not know it", "write path, virtual or auto")
	}
	for _, key := range s3.keys {
		if of := s3.values[key]; key != "addressing_style" && of.Truthy() {
			p.refuse("s3", "it has more than addressing_style, which the SDK for Go has no place for", "set it where the client is made")
		}
	}
	return nil
}

// variants reads the signature and the kinds of endpoints.
func (p awsPart) variants(c *AWSClient) error {
	signature, err := p.text("signature_version")
	switch {
	case err != nil:
		return err
	case signature == "unsigned":
		c.Unsigned = true
	case signature != "" && signature != "v4" && signature != "s3v4":
		p.refuse("signature_version", "the SDK for Go signs with version 4", "write v4 or unsigned, or leave it out")
	}
	c.UseFIPSEndpoint, c.UseDualStackEndpoint = p.tristate("use_fips_endpoint"), p.tristate("use_dualstack_endpoint")
	return nil
}

// tristate reads a key by Python's truth; nil if it is absent or null.
func (p awsPart) tristate(name string) *bool {
	v, given := p.get(name)
	if !given {
		return nil
	}
	return new(v.Truthy())
}

// botocorePlaced are the options that have a field in AWSClient, or that do not change what reaches
// AWS.
var botocorePlaced = []string{
	"region_name", "signature_version", "connect_timeout", "read_timeout", "retries", "proxies", "s3",
	"use_fips_endpoint", "use_dualstack_endpoint", "user_agent_appid", "parameter_validation", "tcp_keepalive",
	"request_checksum_calculation", "response_checksum_validation",
}

// botocoreOptions are those of botocore.config.Config. Any other is a TypeError.
var botocoreOptions = append([]string{
	"account_id_endpoint_mode", "auth_scheme_preference", "client_cert", "client_context_params", "defaults_mode",
	"disable_request_compression", "endpoint_discovery_enabled", "ignore_configured_endpoint_urls", "inject_host_prefix",
	"max_pool_connections", "proxies_config", "request_min_compression_size_bytes", "s3_disable_express_session_auth", "sigv4a_signing_region_set", "user_agent", "user_agent_extra",
}, botocorePlaced...)
