package setup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

// sessionName matches the names of sessions that STS accepts.
var sessionName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\w+=,.@-]{2,64}$`) })

// writeMethod names the methods that are supported.
const writeMethod = "write " + hook.AssumeRole + " or " + hook.AssumeRoleWithWebIdentity

func checkRole(r hook.AWSRole, unsigned bool) error {
	if r.SessionName != "" && !sessionName().MatchString(r.SessionName) {
		return refusal("assume_role_kwargs.RoleSessionName", "value", "assume_role_kwargs.RoleSessionName must be 2 to 64 letters, digits or _+=,.@-", "")
	}
	if r.Duration != 0 && r.Duration < 15*time.Minute {
		return refusal("assume_role_kwargs.DurationSeconds", "value", "assume_role_kwargs.DurationSeconds must be at least 900", "")
	}
	switch r.Method {
	case "", hook.AssumeRole:
		if unsigned {
			return refusal("config_kwargs.signature_version", "value", "config_kwargs.signature_version is unsigned, but STS requires a signature to assume a role", "remove role_arn or signature_version")
		}
	case hook.AssumeRoleWithWebIdentity:
		if err := checkWebIdentity(r); err != nil {
			return err
		}
	case hook.AssumeRoleWithSAML:
		return refusal("assume_role_method", "unsupported", "assume_role_method assume_role_with_saml uses Kerberos, which is not supported here", writeMethod)
	default:
		return refusal("assume_role_method", "value", "assume_role_method is unknown to Airflow", writeMethod)
	}
	return checkLengths(r)
}

// checkLengths refuses parameters that are too short for STS, as botocore does before the call.
func checkLengths(r hook.AWSRole) error {
	const writeARN = "write the whole ARN, such as arn:aws:iam::123456789012:role/NAME"
	type param struct {
		field, text string
		least       int
		instead     string
	}
	params := []param{
		{"role_arn", r.ARN, 20, writeARN},
		{"assume_role_kwargs.ExternalId", r.ExternalID.Reveal(), 2, ""},
		{"assume_role_kwargs.SourceIdentity", r.SourceIdentity, 2, ""},
		{"assume_role_kwargs.SerialNumber", r.SerialNumber, 9, "write the serial number or the ARN of the MFA device"},
		{"assume_role_kwargs.TokenCode", r.TokenCode.Reveal(), 6, "write the 6 digits of the MFA device as text"},
	}
	params = slices.DeleteFunc(params, func(p param) bool { return p.text == "" })
	for _, arn := range r.PolicyARNs {
		params = append(params, param{"assume_role_kwargs.PolicyArns", arn, 20, writeARN})
	}
	for _, key := range slices.Concat(slices.Collect(maps.Keys(r.Tags)), r.TransitiveTagKeys) {
		if key == "" {
			return refusal("assume_role_kwargs.Tags", "value", "a key in assume_role_kwargs.Tags or TransitiveTagKeys is empty", "remove the tag without a key")
		}
	}
	for _, p := range params {
		if utf8.RuneCountInString(p.text) < p.least {
			return refusal(p.field, "value", fmt.Sprintf("%s must be at least %d characters", p.field, p.least), p.instead)
		}
	}
	return nil
}

func checkWebIdentity(r hook.AWSRole) error {
	switch {
	case r.Federation == "google":
		return refusal("assume_role_with_web_identity_federation", "unsupported", "assume_role_with_web_identity_federation google is not supported here", "write file, and write the token to a file")
	case r.Federation != "file":
		return refusal("assume_role_with_web_identity_federation", "value", "assume_role_with_web_identity_federation must be file", "")
	case !r.ExternalID.IsZero() || !r.TokenCode.IsZero() || r.SerialNumber != "" || r.SourceIdentity != "" ||
		r.Tags != nil || r.TransitiveTagKeys != nil:
		return refusal("assume_role_kwargs", "value", "assume_role_kwargs: "+hook.AssumeRoleWithWebIdentity+" takes RoleSessionName, DurationSeconds, Policy and PolicyArns only", "")
	}
	return nil
}

// roleCredentials returns the credentials of a role. They are fetched when they are first
// needed, and again before they expire. within limits each call to STS, since all lookups wait
// for it.
func roleCredentials(cfg aws.Config, a hook.AWSConfig, within time.Duration) (aws.CredentialsProvider, error) {
	client := sts.NewFromConfig(cfg, func(o *sts.Options) {
		if endpoint := a.ServiceEndpoints["sts"]; endpoint != "" {
			o.BaseEndpoint = &endpoint
		}
	})
	var provider aws.CredentialsProvider = &roleProvider{a.Role, client}
	if a.Role.Method == hook.AssumeRoleWithWebIdentity {
		file := cmp.Or(a.Role.TokenFile, os.Getenv("AWS_WEB_IDENTITY_TOKEN_FILE"))
		if file == "" {
			return nil, refusal("assume_role_with_web_identity_token_file", "missing", "assume_role_with_web_identity_token_file is not given, nor is AWS_WEB_IDENTITY_TOKEN_FILE", "")
		}
		provider = stscreds.NewWebIdentityRoleProvider(client, a.Role.ARN, tokenFile(file), webIdentity(a.Role))
	}
	return aws.NewCredentialsCache(limited{provider, within}, func(o *aws.CredentialsCacheOptions) {
		o.ExpiryWindow = 5 * time.Minute // the SDK uses the same for its own roles
	}), nil
}

// defaultSessionName returns the name that Airflow derives from the id of a connection if the
// role has no session name. For a web identity it returns "", since botocore makes the name.
func defaultSessionName(method, id string) string {
	switch {
	case method == hook.AssumeRoleWithWebIdentity:
		return ""
	case id == "":
		return "airflow"
	}
	return "airflow_" + strings.ToLower(id)
}

// limited is a provider with a time limit. It needs one because the SDK removes the deadline
// from the context of a lookup.
type limited struct {
	aws.CredentialsProvider
	within time.Duration
}

func (l limited) Retrieve(ctx context.Context) (aws.Credentials, error) {
	ctx, cancel := context.WithTimeout(ctx, l.within)
	defer cancel()
	return l.CredentialsProvider.Retrieve(ctx)
}

// roleProvider is like stscreds.AssumeRoleProvider, which however always sends a duration.
type roleProvider struct {
	role   hook.AWSRole
	client *sts.Client
}

func (p *roleProvider) Retrieve(ctx context.Context) (aws.Credentials, error) {
	out, err := p.client.AssumeRole(ctx, roleInput(p.role))
	if err != nil {
		return aws.Credentials{}, err
	}
	c := out.Credentials
	if c == nil || c.AccessKeyId == nil || c.SecretAccessKey == nil || c.SessionToken == nil || c.Expiration == nil {
		return aws.Credentials{}, errors.New("the response of STS contains no credentials")
	}
	return aws.Credentials{
		AccessKeyID:     *c.AccessKeyId,
		SecretAccessKey: *c.SecretAccessKey,
		SessionToken:    *c.SessionToken,
		Source:          "AssumeRole",
		CanExpire:       true,
		Expires:         *c.Expiration,
	}, nil
}

func roleInput(r hook.AWSRole) *sts.AssumeRoleInput {
	in := &sts.AssumeRoleInput{
		RoleArn:           &r.ARN,
		RoleSessionName:   filled(r.SessionName),
		ExternalId:        filled(r.ExternalID.Reveal()),
		Policy:            filled(r.Policy),
		PolicyArns:        policyARNs(r),
		TransitiveTagKeys: r.TransitiveTagKeys,
		SourceIdentity:    filled(r.SourceIdentity),
		SerialNumber:      filled(r.SerialNumber),
		TokenCode:         filled(r.TokenCode.Reveal()),
	}
	if r.Duration > 0 {
		in.DurationSeconds = aws.Int32(int32(r.Duration / time.Second))
	}
	for _, key := range slices.Sorted(maps.Keys(r.Tags)) {
		in.Tags = append(in.Tags, types.Tag{Key: aws.String(key), Value: aws.String(r.Tags[key])})
	}
	return in
}

func policyARNs(r hook.AWSRole) (arns []types.PolicyDescriptorType) {
	for _, arn := range r.PolicyARNs {
		arns = append(arns, types.PolicyDescriptorType{Arn: aws.String(arn)})
	}
	return arns
}

// filled returns a pointer to text, or nil if text is empty.
func filled(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func webIdentity(r hook.AWSRole) func(*stscreds.WebIdentityRoleOptions) {
	return func(o *stscreds.WebIdentityRoleOptions) {
		// The name that botocore makes, which trust policies may require.
		o.RoleSessionName = cmp.Or(r.SessionName, "botocore-session-"+strconv.FormatInt(time.Now().Unix(), 10))
		o.Duration = r.Duration
		o.Policy = filled(r.Policy)
		o.PolicyARNs = policyARNs(r)
	}
}

// tokenFile is the path of a file with a token. It is read each time, since tokens change.
type tokenFile string

// GetIdentityToken reads the file. No error contains its content, or a token that was given
// in place of its name.
func (f tokenFile) GetIdentityToken() ([]byte, error) {
	token, err := os.ReadFile(string(f))
	if err != nil {
		if e, ok := errors.AsType[*fs.PathError](err); ok {
			err = e.Err
		}
		return nil, fmt.Errorf("the web identity token file %s: %w", quoted(string(f)), err)
	}
	return token, nil
}
