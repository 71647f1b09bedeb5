package cfgparser

import (
	"errors"
	"strings"
)

// maxDepth is configparser.MAX_INTERPOLATION_DEPTH. The other two limits are
// ours: depth alone leaves room for texts that grow a thousandfold ten times.
const (
	maxDepth = 10
	maxRefs  = 10_000
	maxText  = 1 << 20
)

var (
	errPercent = errors.New("a % that is neither %% nor %(key)s: write it as %%")
	errMissing = errors.New("a %(key)s whose key is neither in the section nor in [DEFAULT]")
	errDepth   = errors.New("%(key)s nested too deep, or in a circle")
	errLong    = errors.New("the text grows too long when its references are put in")
)

// Get is the value of a key with its references put in. [DEFAULT] answers for a
// section that stands in the file. The error is of this key alone.
func (f *File) Get(section, key string) (value string, found bool, err error) {
	own, found := f.sections[section]
	if !found {
		return "", false, nil
	}
	i := interpolation{own: own, defaults: f.defaults}
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
	own, defaults map[string]string
	refs          int
	out           strings.Builder
}

func (i *interpolation) lookUp(key string) (string, bool) {
	if text, found := i.own[key]; found {
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
			i.out.WriteString(value) // which Python does not count as a level
		} else if err := i.put(value, depth+1); err != nil {
			return err
		}
		text = after[1:]
	}
}
