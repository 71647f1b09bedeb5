package secretsmanagertest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// params are the members of a request and the first error in them. An operation reads the
// members that it needs and then checks err once.
//
// They are not decoded into structs, because encoding/json would accept secretid for SecretId,
// which AWS does not.
type params struct {
	members map[string]json.RawMessage // the JSON of each member
	anyName bool                       // Options.AnyName
	err     error
}

// parseParams always returns params, so that a malformed request can be logged like any other.
// An empty body has no members.
func (s *Server) parseParams(body []byte) (*params, error) {
	p := &params{anyName: s.options.AnyName}
	if len(body) == 0 {
		return p, nil
	}
	if err := json.Unmarshal(body, &p.members); err != nil {
		// The text of err may quote the body, so it is not shown.
		return p, &apiError{"SerializationException", "the body is not a JSON object"}
	}
	return p, nil
}

// ids returns the secrets that a request names. It ignores errors.
func (p *params) ids(operation string) (ids []string) {
	quiet := params{members: p.members}
	switch operation {
	case "BatchGetSecretValue":
		quiet.decode("SecretIdList", "a list of strings", &ids)
		return ids
	case "CreateSecret":
		if name, ok := quiet.text("Name", 0, 0); ok {
			ids = append(ids, name)
		}
	default:
		if id, ok := quiet.text("SecretId", 0, 0); ok {
			ids = append(ids, id)
		}
	}
	return ids
}

// fail keeps the first error.
func (p *params) fail(err error) {
	if p.err == nil {
		p.err = err
	}
}

// invalid fails with the message of AWS for a value that violates a constraint, without the
// value.
func (p *params) invalid(member, constraint string) {
	path := strings.ToLower(member[:1]) + member[1:]
	p.fail(&apiError{"ValidationException", fmt.Sprintf(
		"1 validation error detected: Value at '%s' failed to satisfy constraint: Member must %s", path, constraint)})
}

// decode reads a member. It reports whether the member is present and valid. null counts as
// absent.
func (p *params) decode(member, kind string, v any) bool {
	raw, ok := p.members[member]
	if !ok || string(raw) == "null" {
		return false
	}
	if err := json.Unmarshal(raw, v); err != nil {
		p.fail(&apiError{"SerializationException", member + " is not " + kind})
		return false
	}
	return true
}

// text reads a string of least to most characters. If most is 0, any length is valid.
func (p *params) text(member string, least, most int) (text string, given bool) {
	if !p.decode(member, "a string", &text) {
		return "", false
	}
	if most > 0 {
		p.length(member, utf8.RuneCountInString(text), least, most)
	}
	return text, true
}

func (p *params) length(member string, n, least, most int) {
	switch {
	case n < least:
		p.invalid(member, fmt.Sprintf("have length greater than or equal to %d", least))
	case n > most:
		p.invalid(member, fmt.Sprintf("have length less than or equal to %d", most))
	}
}

// required reads a string that must be present.
func (p *params) required(member string, least, most int) string {
	text, given := p.text(member, least, most)
	if !given {
		p.invalid(member, "not be null")
	}
	return text
}

// secretID reads SecretId, which most operations need.
func (p *params) secretID() string {
	if p.anyName {
		return p.required("SecretId", 1, maxBody)
	}
	return p.required("SecretId", 1, 2048)
}

// versionID reads an optional version ID.
func (p *params) versionID(member string) string {
	text, _ := p.text(member, 32, 64)
	return text
}

// token reads ClientRequestToken, which becomes the VersionId. The SDKs send one. If it is
// absent, token makes one.
func (p *params) token() string {
	text, given := p.text("ClientRequestToken", 0, 0)
	if !given {
		return newUUID()
	}
	if n := utf8.RuneCountInString(text); n < 32 || n > 64 {
		p.fail(invalidParameter("ClientRequestToken must be 32-64 characters long."))
	}
	return text
}

// value reads SecretString or SecretBinary. It returns nil if both are absent.
func (p *params) value() *value {
	text, isText := p.text("SecretString", 0, 0)
	encoded, isBinary := p.text("SecretBinary", 0, 0)
	switch {
	case isText && isBinary:
		p.fail(invalidParameter("You can't specify both a binary secret value and a string secret value in the same secret."))
	case isText:
		p.length("SecretString", len(text), 1, maxValue) // in bytes, unlike other lengths
		return &value{text: text}
	case isBinary:
		blob, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			p.fail(&apiError{"SerializationException", "SecretBinary is not base64"})
		}
		p.length("SecretBinary", len(blob), 1, maxValue)
		return &value{blob: blob, binary: true}
	}
	return nil
}

// number reads an integer from least to most.
func (p *params) number(member string, least, most int) (n int, given bool) {
	if !p.decode(member, "an integer", &n) {
		return 0, false
	}
	switch {
	case n < least:
		p.invalid(member, fmt.Sprintf("have value greater than or equal to %d", least))
	case n > most:
		p.invalid(member, fmt.Sprintf("have value less than or equal to %d", most))
	}
	return n, true
}

func (p *params) flag(member string) (on bool) {
	p.decode(member, "true or false", &on)
	return on
}

// texts reads a list of least to most strings.
func (p *params) texts(member string, least, most int) (texts []string) {
	if p.decode(member, "a list of strings", &texts) {
		p.length(member, len(texts), least, most)
	}
	return texts
}

// structs reads a list of structures. Each can be read like a request.
func (p *params) structs(member string, most int) (list []*params) {
	var raw []map[string]json.RawMessage
	if p.decode(member, "a list of structures", &raw) {
		p.length(member, len(raw), 0, most)
	}
	for _, members := range raw {
		list = append(list, &params{members: members})
	}
	return list
}
