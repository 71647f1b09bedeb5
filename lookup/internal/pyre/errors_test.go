package pyre

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A refused pattern, with the place and the reason.
type refusal struct {
	expr   string
	offset int
	what   string
}

// Each way in which CPython refuses a pattern, once or more. 3.11.7, 3.12.1 and 3.13.0 give the
// same place and the same words, but quote names with ' and shorten escapes in a bad range to \x.
// They give no place where a number is too large, where (?a) meets (?u), and where a look-behind is
// refused: the places of those are ours.
var refusals = []refusal{
	// sequence
	{`)`, 0, `unbalanced parenthesis`},
	{`a)`, 1, `unbalanced parenthesis`},
	{`é)`, 1, `unbalanced parenthesis`},
	{`*`, 0, `nothing to repeat`},
	{`^*`, 1, `nothing to repeat`},
	{`a|*`, 2, `nothing to repeat`},
	{`(*`, 1, `nothing to repeat`},
	{`(?:*)`, 3, `nothing to repeat`},
	{`{1}`, 0, `nothing to repeat`},
	{`^{2}`, 1, `nothing to repeat`},
	{`a**`, 2, `multiple repeat`},
	{`a{1}{2}`, 4, `multiple repeat`},
	{`a*?+?`, 3, `multiple repeat`},
	{`a{2,1}`, 2, `min repeat greater than max repeat`},
	{`^{3,2}`, 2, `min repeat greater than max repeat`},
	{`a{4294967295}`, 2, `the repetition number is too large`},
	{`a{,4294967295}`, 2, `the repetition number is too large`},
	{`a{4294967295,1}`, 2, `the repetition number is too large`},
	{`a{2}{4294967295}`, 5, `the repetition number is too large`},
	{`a\`, 1, `bad escape (end of pattern)`},
	{`*\`, 1, `bad escape (end of pattern)`},
	{`a(?z\`, 4, `bad escape (end of pattern)`},
	{`a)\`, 1, `unbalanced parenthesis`},
	{`(\`, 1, `bad escape (end of pattern)`},
	{`??\`, 0, `nothing to repeat`},
	// escapes
	{`\x4`, 0, `incomplete escape \x4`},
	{`\u12`, 0, `incomplete escape \u12`},
	{`\U0001`, 0, `incomplete escape \U0001`},
	{`\U00110000`, 0, `bad escape \U00110000`},
	{`\8`, 1, `invalid group reference 8`},
	{`(a)\12`, 4, `invalid group reference 12`},
	{`\400`, 0, `octal escape value \400 outside of range 0-0o377`},
	{`\e`, 0, `bad escape \e`},
	{`\é\q`, 2, `bad escape \q`},
	{`(a\1)`, 2, `cannot refer to an open group`},
	{`(?P<n>a\1)`, 7, `cannot refer to an open group`},
	// classes
	{`[`, 0, `unterminated character set`},
	{`[^`, 0, `unterminated character set`},
	{`[]`, 0, `unterminated character set`},
	{`é[a`, 1, `unterminated character set`},
	{`[a-`, 0, `unterminated character set`},
	{`[\`, 1, `bad escape (end of pattern)`},
	{`[b-a]`, 1, `bad character range b-a`},
	{`[a-\d]`, 1, `bad character range a-\d`},
	{`[\d-a]`, 1, `bad character range \d-a`},
	{`[\x62-\x61]`, 5, `bad character range \x62-\x61`},
	{`[b-\x61]`, 3, `bad character range b-\x61`},
	{`[\400]`, 1, `octal escape value \400 outside of range 0-0o377`},
	{`[\8]`, 1, `bad escape \8`},
	{`[\e]`, 1, `bad escape \e`},
	{`[\x6]`, 1, `incomplete escape \x6`},
	{`[\u12]`, 1, `incomplete escape \u12`},
	{`[\U0001]`, 1, `incomplete escape \U0001`},
	{`[\U00110000]`, 1, `bad escape \U00110000`},
	// groups
	{`(a`, 0, `missing ), unterminated subpattern`},
	{`(?:a`, 0, `missing ), unterminated subpattern`},
	{`(?=a`, 0, `missing ), unterminated subpattern`},
	{`(?<=a`, 0, `missing ), unterminated subpattern`},
	{`(?>a`, 0, `missing ), unterminated subpattern`},
	{`(?i:a`, 0, `missing ), unterminated subpattern`},
	{`(?#a`, 0, `missing ), unterminated comment`},
	{`(?#\)`, 0, `missing ), unterminated comment`},
	{`(?`, 2, `unexpected end of pattern`},
	{`(?z)`, 1, `unknown extension ?z`},
	{`(?\a)`, 1, `unknown extension ?\a`},
	{`(?<`, 3, `unexpected end of pattern`},
	{`(?<n>a)`, 1, `unknown extension ?<n`},
	{`(?<\=`, 1, `unknown extension ?<\=`},
	{`(?P`, 3, `unexpected end of pattern`},
	{`(?P>n)`, 1, `unknown extension ?P>`},
	{`(?P\<`, 1, `unknown extension ?P\<`},
	// names
	{`(?P<`, 4, `missing group name`},
	{`(?P<n`, 4, `missing >, unterminated name`},
	{`(?P<>a)`, 4, `missing group name`},
	{`(?P<n\>`, 4, `missing >, unterminated name`},
	{`(?P<1>a)`, 4, `bad character in group name "1"`},
	{`(?P<a b>c)`, 4, `bad character in group name "a b"`},
	{`(?P<n>a)(?P<n>b)`, 12, `redefinition of group name "n" as group 2; was group 1`},
	{`(?P<n>(?P<n>a))`, 10, `redefinition of group name "n" as group 2; was group 1`},
	{`(?P=`, 4, `missing group name`},
	{`(?P=)`, 4, `missing group name`},
	{`(?P=n`, 4, `missing ), unterminated name`},
	{`(?P=1)`, 4, `bad character in group name "1"`},
	{`(?P=n)`, 4, `unknown group name "n"`},
	{`(?P<n>(?P=n))`, 10, `cannot refer to an open group`},
	// conditionals
	{`(?(`, 3, `missing group name`},
	{`(?()a)`, 3, `missing group name`},
	{`(?(1`, 3, `missing ), unterminated name`},
	{`(?(-1)a)`, 3, `bad character in group name "-1"`},
	{`(?(1a)b)`, 3, `bad character in group name "1a"`},
	{`(?(n)a)`, 3, `unknown group name "n"`},
	{`(?(0)a)`, 3, `bad group number`},
	{`(?(2)a)`, 3, `invalid group reference 2`},
	{`(?(3)a)(?(2)a)(?(3)a)`, 3, `invalid group reference 3`},
	{`(?(2)a)(`, 7, `missing ), unterminated subpattern`},
	{`(?(1073741823)a)(`, 3, `invalid group reference 1073741823`},
	{`(a)(?(1)b|c|d)`, 11, `conditional backref with more than two branches`},
	{`(a)(?(1)b|c`, 3, `missing ), unterminated subpattern`},
	// look-behinds
	{`(?<=(a)\1)`, 9, `cannot refer to group defined in the same lookbehind subpattern`},
	{`(?<=(?P<n>a)(?P=n))`, 18, `cannot refer to group defined in the same lookbehind subpattern`},
	{`((?<=\1))`, 5, `cannot refer to an open group`},
	{`(?<=(?(1)a|b))`, 9, `cannot refer to an open group`},
	{`(?<=(?P<n>a)(?(n)b|c))`, 17, `cannot refer to group defined in the same lookbehind subpattern`},
	{`(?<=a|bc)`, 0, `look-behind requires fixed-width pattern`},
	{`(?<!a*)`, 0, `look-behind requires fixed-width pattern`},
	{`b(?<=a*)(`, 8, `missing ), unterminated subpattern`},
	{`(?<=(?<!a*)b+)`, 0, `look-behind requires fixed-width pattern`},
	{`(?<=a*)b(?(2)c)`, 11, `invalid group reference 2`},
	{`(?<=(?:a{4294967294}){2})`, 0, `looks too much behind`},
	// flags
	{`a(?i)b`, 1, `global flags not at the start of the expression`},
	{`(?i)|(?i)`, 5, `global flags not at the start of the expression`},
	{`(?:(?i))`, 3, `global flags not at the start of the expression`},
	{`(?i`, 3, `missing -, : or )`},
	{`(?i1)`, 3, `missing -, : or )`},
	{`(?i\a)`, 3, `missing -, : or )`},
	{`(?iz)`, 3, `unknown flag`},
	{`(?L)`, 3, `bad inline flags: cannot use 'L' flag with a str pattern`},
	{`(?iL:a)`, 4, `bad inline flags: cannot use 'L' flag with a str pattern`},
	{`(?au)`, 4, `bad inline flags: flags 'a', 'u' and 'L' are incompatible`},
	{`(?ua:b)`, 4, `bad inline flags: flags 'a', 'u' and 'L' are incompatible`},
	{`(?a)(?u)`, 4, `ASCII and UNICODE flags are incompatible`},
	{`(?a)(?u)(?i)`, 4, `ASCII and UNICODE flags are incompatible`},
	{`(?a)(?u)[`, 8, `unterminated character set`},
	{`(?a)(?u))`, 4, `ASCII and UNICODE flags are incompatible`},
	{`(?-`, 3, `missing flag`},
	{`(?-)a`, 3, `missing flag`},
	{`(?i-1)`, 4, `missing flag`},
	{`(?-z:a)`, 3, `unknown flag`},
	{`(?-i`, 4, `missing :`},
	{`(?-i)`, 4, `missing :`},
	{`(?-iz:a)`, 4, `unknown flag`},
	{`(?-a:b)`, 4, `bad inline flags: cannot turn off flags 'a', 'u' and 'L'`},
	{`(?i-u:a)`, 5, `bad inline flags: cannot turn off flags 'a', 'u' and 'L'`},
	{`(?-L:a)`, 4, `bad inline flags: cannot turn off flags 'a', 'u' and 'L'`},
	{`(?i-i:a)`, 5, `bad inline flags: flag turned on and off`},
}

// What is refused here though some version of CPython takes it, or finds another reason.
var refusalsHere = []refusal{
	{`\N{DASH}`, 0, `\N{NAME} is not supported; write the character itself or \uXXXX`},
	{`[\N{DASH}]`, 1, `\N{NAME} is not supported; write the character itself or \uXXXX`},
	{`(?t)a`, 1, `unknown extension ?t`},
	{`(?t:a)`, 1, `unknown extension ?t`},
	{`(?-t:a)`, 3, `unknown flag`},
	{`(?(+1)a)(x)`, 3, `bad character in group name "+1"`},
	{`(?( 1 )a)(x)`, 3, `bad character in group name " 1 "`},
	{`(?(1_0)a)(x)`, 3, `bad character in group name "1_0"`},
}

func TestSyntaxErrors(t *testing.T) {
	for _, r := range append(refusals[:len(refusals):len(refusals)], refusalsHere...) {
		_, err := Compile(r.expr)
		assert.Equal(t, &SyntaxError{Offset: r.offset, What: r.what}, err, r.expr)
	}
}

func TestDifferentialSyntaxErrors(t *testing.T) {
	python := os.Getenv("AIRFLOW_PYTHON")
	if python == "" {
		t.Skip("AIRFLOW_PYTHON names no Python")
	}
	var questions []question
	for _, r := range refusals {
		questions = append(questions, question{Pattern: r.expr})
	}
	for i, a := range askPython(t, python, questions) {
		require.True(t, a.Refused, refusals[i].expr)
		assert.Empty(t, a.compareError(&SyntaxError{Offset: refusals[i].offset, What: refusals[i].what}), refusals[i].expr)
	}
}
