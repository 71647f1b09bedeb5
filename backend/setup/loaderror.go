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

// setting matches the name of a setting in an error of the SDK.
var setting = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\b(AWS(_[A-Z]+)+|[a-z]+(_[a-z]+)+)\b`) })

// loadError says in one line what the SDK could not load. The error of the SDK quotes values,
// so loadError takes only the name of the setting from it.
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
			return refusal(name, "syntax", "the AWS configuration: the SDK cannot use the value of "+name, "")
		}
		return refusal("", "syntax", "the AWS configuration: the SDK cannot read its files or variables", "")
	}
	name := "AWS_PROFILE"
	if _, ok := errors.AsType[config.SharedConfigAssumeRoleError](err); ok {
		name = "source_profile"
	} else if profile != "" {
		name = "profile_name"
	}
	return refusal(name, "not-found", fmt.Sprintf("%s: the profile %s does not exist in the AWS configuration files, %s", name, quoted(missing.Profile),
		"which are ~/.aws/config and ~/.aws/credentials unless AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE name others"), "")
}

// caError says what is wrong with the file of AWS_CA_BUNDLE. It returns "" for other errors.
func caError(err error) string {
	file := os.Getenv("AWS_CA_BUNDLE")
	if file == "" {
		return ""
	}
	if e, ok := errors.AsType[*fs.PathError](err); ok && e.Path == file {
		return fmt.Sprintf("AWS_CA_BUNDLE: the CA file %s: %v", quoted(file), e.Err)
	}
	if strings.Contains(err.Error(), "custom CA bundle PEM") {
		return fmt.Sprintf("AWS_CA_BUNDLE: the CA file %s contains no certificate", quoted(file))
	}
	return ""
}

// isChainError reports whether the only problem with the files is how a profile gets its
// credentials.
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

// keyLike matches text that looks like an access key or a token. A path of that length has
// other characters.
var keyLike = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(A[A-Z]IA[A-Z0-9]{12,}|[A-Za-z0-9+/=]{40,}|[A-Za-z0-9+=._~-]{40,})$|eyJ[A-Za-z0-9_-]{8,}`)
})

// quoted returns a name or a path for a message. If it looks like a key, only its length is
// shown.
func quoted(text string) string {
	if keyLike().MatchString(text) {
		return fmt.Sprintf("(of %d bytes)", len(text))
	}
	return fmt.Sprintf("%q", text)
}
