package export

import (
	"errors"
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pyjson"
	"github.com/airflowsecrets/airflowsecrets/connuri/internal/pystr"
)

// yamlType is what PyYAML reads a scalar as.
type yamlType uint8

const (
	yamlText yamlType = iota
	yamlNull
	yamlTrue
	yamlFalse
	yamlInt
	yamlFloat
	yamlDate
	yamlMerge
	yamlValue
	yamlTagged
)

var errTag = errors.New("a YAML tag, which no export has: remove it")

// The implicit resolvers of PyYAML, which follow YAML 1.1.
var (
	yamlInts = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:[-+]?0b[01_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+` +
			`|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$`)
	})
	yamlFloats = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?` +
			`|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$`)
	})
	yamlDates = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:[0-9]{4}-[0-9]{2}-[0-9]{2}` +
			`|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?` +
			`(?:[ \t]*(?:Z|[-+][0-9]{1,2}(?::[0-9]{2})?))?)$`)
	})
)

// yamlWords are the words that do not stand for themselves, in the three spellings of YAML 1.1.
var yamlWords = map[string]yamlType{
	"": yamlNull, "~": yamlNull, "null": yamlNull, "Null": yamlNull, "NULL": yamlNull,
	"yes": yamlTrue, "Yes": yamlTrue, "YES": yamlTrue, "no": yamlFalse, "No": yamlFalse, "NO": yamlFalse,
	"true": yamlTrue, "True": yamlTrue, "TRUE": yamlTrue, "false": yamlFalse, "False": yamlFalse, "FALSE": yamlFalse,
	"on": yamlTrue, "On": yamlTrue, "ON": yamlTrue, "off": yamlFalse, "Off": yamlFalse, "OFF": yamlFalse,
	"<<": yamlMerge, "=": yamlValue,
}

// isTagged reports whether a tag is written before the node.
func isTagged(node *yaml.Node) bool {
	tag := node.ShortTag()
	return node.Style&yaml.TaggedStyle != 0 && tag != "!!str" && tag != "!!map" && tag != "!!seq"
}

// resolve is what PyYAML reads a scalar as.
func resolve(node *yaml.Node) yamlType {
	switch {
	case node.Kind != yaml.ScalarNode:
		return yamlText
	case isTagged(node):
		return yamlTagged
	case node.Style&^yaml.FlowStyle != 0: // quotes, a block, or !!str
		return yamlText
	}
	if kind, ok := yamlWords[node.Value]; ok {
		return kind
	}
	if first := node.Value[0]; first != '-' && first != '+' && first != '.' && (first < '0' || first > '9') {
		return yamlText
	}
	switch {
	case yamlInts().MatchString(node.Value):
		return yamlInt
	case yamlFloats().MatchString(node.Value):
		return yamlFloat
	case yamlDates().MatchString(node.Value):
		return yamlDate
	}
	return yamlText
}

// appendScalar appends a scalar as JSON.
func appendScalar(dst []byte, node *yaml.Node) ([]byte, error) {
	number := func(written string, ok bool) ([]byte, error) {
		if !ok {
			return dst, errors.New("a number that Airflow cannot read: put it in quotes")
		}
		return append(dst, written...), nil
	}
	switch resolve(node) {
	case yamlNull:
		return append(dst, "null"...), nil
	case yamlTrue:
		return append(dst, "true"...), nil
	case yamlFalse:
		return append(dst, "false"...), nil
	case yamlInt:
		return number(yamlWhole(node.Value))
	case yamlFloat:
		return number(yamlFraction(node.Value))
	case yamlDate:
		return dst, errors.New("YAML reads a part of it as a date: put it in quotes")
	case yamlValue, yamlMerge:
		return dst, errors.New("= and << mean something else in YAML: put them in quotes")
	case yamlTagged:
		return dst, errTag
	}
	return pyjson.AppendString(dst, node.Value), nil
}

// mostDigits is Python's limit for the text of a whole number.
const mostDigits = 4300

// yamlWhole is a whole number of YAML 1.1 in decimal.
func yamlWhole(text string) (string, bool) {
	text = strings.ReplaceAll(text, "_", "")
	if len(text) > mostDigits {
		return "", false
	}
	digits := strings.TrimLeft(text, "+-")
	n, ok := new(big.Int), true
	switch {
	case strings.Contains(digits, ":"):
		for _, part := range strings.Split(digits, ":") {
			next, valid := new(big.Int).SetString(part, 10)
			if !valid {
				return "", false
			}
			n.Add(n.Mul(n, big.NewInt(60)), next)
		}
	case strings.HasPrefix(digits, "0b"):
		_, ok = n.SetString(digits[2:], 2)
	case strings.HasPrefix(digits, "0x"):
		_, ok = n.SetString(digits[2:], 16)
	case strings.HasPrefix(digits, "0") && len(digits) > 1:
		_, ok = n.SetString(digits, 8)
	default:
		_, ok = n.SetString(digits, 10)
	}
	if strings.HasPrefix(text, "-") {
		n.Neg(n)
	}
	return n.String(), ok
}

// yamlFraction is a float of YAML 1.1 as Python's json writes it.
func yamlFraction(text string) (string, bool) {
	text = strings.ToLower(strings.ReplaceAll(text, "_", ""))
	sign := ""
	if text[0] == '+' || text[0] == '-' {
		sign = strings.Trim(text[:1], "+")
		text = text[1:]
	}
	switch text {
	case ".inf":
		return sign + "Infinity", true
	case ".nan":
		return "NaN", true
	}
	var f float64
	for _, part := range strings.Split(text, ":") {
		digits, err := strconv.ParseFloat(part, 64)
		if err != nil && !errors.Is(err, strconv.ErrRange) {
			return "", false
		}
		f = f*60 + digits
	}
	if math.IsInf(f, 1) {
		return sign + "Infinity", true
	}
	return sign + pystr.FloatRepr(f), true
}
