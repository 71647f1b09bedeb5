package cfgparser

import (
	"errors"
	"strings"
)

// maxDepth is configparser.MAX_INTERPOLATION_DEPTH. Python does not have the other two limits.
// They are needed because a text can grow a thousandfold at each of the ten levels.
const (
	maxDepth = 10
	maxRefs  = 10_000
	maxText  = 1 << 20
)

var (
	errPercent = errors.New("a % that is neither %% nor %(key)s: write it as %%")
	errMissing = errors.New("a %(key)s whose key is neither in the section nor in [DEFAULT]")
	errDepth   = errors.New("%(key)s is nested too deep or refers to itself")
	errLong    = errors.New("the text grows too long when its references are replaced")
)

// Get returns the value of a key and replaces its references. If a section in the file does
// not have the key, [DEFAULT] is used. An error concerns only this key.
func (f *File) Get(section, key string) (value string, found bool, err error) {
	values, found := f.sections[section]
	if !found {
		return "", false, nil
	}
	i := interpolation{section: values, defaults: f.defaults}
	text, found := i.lookUp(key)
	if !found {
		return "", false, nil
	}
	if err := i.put(text, 1); err != nil {
		return "", true, err
	}
	return i.out.String(), true, nil
}

type interpolation struct {
	section, defaults map[string]string
	refs              int
	out               strings.Builder
}

func (i *interpolation) lookUp(key string) (string, bool) {
	if text, found := i.section[key]; found {
		return text, true
	}
	text, found := i.defaults[key]
	return text, found
}

func (i *interpolation) put(text string, depth int) error {
	if depth > maxDepth {
		return errDepth
	}
	for {
		plain, rest, found := strings.Cut(text, "%")
		if i.out.WriteString(plain); i.out.Len() > maxText {
			return errLong
		}
		if !found {
			return nil
		}
		if after, isPercent := strings.CutPrefix(rest, "%"); isPercent {
			i.out.WriteByte('%')
			text = after
			continue
		}
		key, after, found := strings.Cut(rest, ")")
		if !found || len(key) < 2 || key[0] != '(' || !strings.HasPrefix(after, "s") {
			return errPercent
		}
		value, found := i.lookUp(key[1:])
		if !found {
			return errMissing
		}
		if i.refs++; i.refs > maxRefs {
			return errLong
		}
		if !strings.Contains(value, "%") {
			i.out.WriteString(value) // Python does not count this as a level
		} else if err := i.put(value, depth+1); err != nil {
			return err
		}
		text = after[1:]
	}
}
