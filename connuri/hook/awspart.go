package hook

import (
	"slices"

	"github.com/airflowsecrets/airflowsecrets/connuri/internal/conntype"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
)

// awsPart is the extra of an AWS connection, or an object in it.
type awsPart struct {
	r      *reader
	path   string // of the object in the extra, "" for the extra itself
	keys   []string
	values map[string]pyjson.Value
}

func (r *reader) awsExtra() awsPart { return awsPart{r, "", r.keys, r.extra} }

// awsMembers are the members of an object.
func awsMembers(r *reader, path string, v pyjson.Value) awsPart {
	p := awsPart{r: r, path: path + ".", values: map[string]pyjson.Value{}}
	_ = pyjson.Members(v.Raw, func(label, value pyjson.Value) error {
		key, _ := label.Text()
		if _, again := p.values[key]; !again {
			p.keys = append(p.keys, key)
		}
		p.values[key] = value
		return nil
	})
	return p
}

func (p awsPart) bad(key, rule, instead string) error {
	return p.r.bad("extra", p.path+key, rule, instead)
}

func (p awsPart) refuse(key, rule, instead string) { p.r.refuse("extra", p.path+key, rule, instead) }

// get is Python's .get(key): absent and null are the same.
func (p awsPart) get(key string) (v pyjson.Value, ok bool) {
	v, ok = p.values[key]
	return v, ok && v.Kind != pyjson.Null
}

// text returns the text of a key, "" if it is absent or null.
func (p awsPart) text(key string) (string, error) {
	v, ok := p.get(key)
	if !ok {
		return "", nil
	}
	if v.Kind != pyjson.String {
		return "", p.bad(key, "it is not text", "put it in quotes")
	}
	text, _ := v.Text()
	return text, nil
}

// filled returns text that botocore does not allow to be empty; "" if it is absent.
func (p awsPart) filled(key string) (string, error) {
	text, err := p.text(key)
	if _, given := p.values[key]; err == nil && given && text == "" {
		err = p.bad(key, "it is empty or null, which botocore refuses", "leave it out")
	}
	return text, err
}

// object returns an object in this one. A value that is false in Python is an object without
// members.
func (p awsPart) object(key string) (awsPart, error) {
	v, ok := p.values[key]
	if !ok || !v.Truthy() {
		return awsPart{r: p.r, path: p.path + key + "."}, nil
	}
	if v.Kind != pyjson.Object {
		return awsPart{}, p.bad(key, "it is not an object", "write a JSON object, in a URI inside __extra__")
	}
	return awsMembers(p.r, p.path+key, v), nil
}

// known returns an error for a member that is not in names. The error does not show the member.
func (p awsPart) known(names []string, who string) error {
	for _, key := range p.keys {
		if !slices.Contains(names, key) {
			where := p.path[:len(p.path)-1]
			return p.r.bad("extra", where, "it has a key that "+who+" does not know"+conntype.Suggest(key, names), "leave that key out")
		}
	}
	return nil
}

// list calls element for the elements of a list. It returns false if the value is not a list.
func list(v pyjson.Value, element func(pyjson.Value) bool) bool {
	if v.Kind != pyjson.Array {
		return false
	}
	all := true
	_ = pyjson.Elements(v.Raw, func(v pyjson.Value) error {
		all = element(v) && all
		return nil
	})
	return all
}

// members returns texts by name. All names must be there, and no other.
func members(v pyjson.Value, names ...string) (texts []string, ok bool) {
	if v.Kind != pyjson.Object {
		return nil, false
	}
	p := awsMembers(nil, "", v)
	for _, name := range names {
		inner, given := p.values[name]
		text, _ := inner.Text()
		if !given || inner.Kind != pyjson.String {
			return nil, false
		}
		texts = append(texts, text)
	}
	return texts, len(p.keys) == len(names)
}
