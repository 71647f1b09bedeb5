package setup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/config"
)

// setting is a setting's name in an error of the SDK.
var setting = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\b(AWS(_[A-Z]+)+|[a-z]+(_[a-z]+)+)\b`) })

// loadError says in one line what the SDK could not load. Its own words quote
// values, so only the name of the setting is taken from them.
func loadError(err error, profile string) error {
	if isOver(err) {
		return err
	}
	if text := caError(err); text != "" {
		return refusal("AWS_CA_BUNDLE", "syntax", text, "")
	}
	missing, ok := errors.AsType[config.SharedConfigProfileNotExistError](err)
	if !ok {
		if name := setting().FindString(err.Error()); name != "" {
			return refusal(name, "syntax", "the AWS configuration: the SDK cannot use what "+name+" says", "")
		}
		return refusal("", "syntax", "the AWS configuration: the SDK cannot read its files or variables", "")
	}
	name := "AWS_PROFILE"
	if _, ok := errors.AsType[config.SharedConfigAssumeRoleError](err); ok {
		name = "source_profile"
	} else if profile != "" {
		name = "profile_name"
	}
	return refusal(name, "not-found", fmt.Sprintf("%s: there is no profile %s in the AWS configuration files: ~/.aws/config and ~/.aws/credentials, or what AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE name",
		name, quoted(missing.Profile)), "")
}

// caError says what is wrong with the file of AWS_CA_BUNDLE, "" if it is not that.
func caError(err error) string {
	file := os.Getenv("AWS_CA_BUNDLE")
	if file == "" {
		return ""
	}
	if e, ok := errors.AsType[*fs.PathError](err); ok && e.Path == file {
		return fmt.Sprintf("AWS_CA_BUNDLE: the CA file %s: %v", quoted(file), e.Err)
	}
	if strings.Contains(err.Error(), "custom CA bundle PEM") {
		return fmt.Sprintf("AWS_CA_BUNDLE: the CA file %s has no certificate in it", quoted(file))
	}
	return ""
}

// isChainError reports whether a profile says how to get credentials in a way that does not
// work. Everything else in the files is fine then.
func isChainError(err error) bool {
	if _, ok := errors.AsType[config.SharedConfigAssumeRoleError](err); ok {
		return true
	}
	if _, ok := errors.AsType[config.CredentialRequiresARNError](err); ok {
		return true
	}
	text := err.Error()
	return strings.Contains(text, "SSO session") || strings.Contains(text, "only one credential type")
}

// keyLike is what access keys and tokens look like. A path of that length has slashes and
// other marks in it.
var keyLike = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(A[A-Z]IA[A-Z0-9]{12,}|[A-Za-z0-9+/=]{40,}|[A-Za-z0-9+=._~-]{40,})$|eyJ[A-Za-z0-9_-]{8,}`)
})

// quoted is a name or a path for a message, unless it looks like a key.
func quoted(text string) string {
	if keyLike().MatchString(text) {
		return fmt.Sprintf("(of %d bytes)", len(text))
	}
	return fmt.Sprintf("%q", text)
}
