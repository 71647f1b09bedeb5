package tune_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/airflowsecrets/airflowsecrets/lookup"
	"github.com/airflowsecrets/airflowsecrets/lookup/tune"
)

func read(t *testing.T, in string) (tune.Report, error) {
	t.Helper()
	log := tune.New(tune.Config{})
	err := log.Read(context.Background(), strings.NewReader(in))
	return log.Report(), err
}

// events returns the records of a small trail, each as text.
func events(t *testing.T, n int) []string {
	t.Helper()
	text, _, _ := trail{events: n, files: 1}.text(t)
	var doc struct{ Records []json.RawMessage }
	require.NoError(t, json.Unmarshal([]byte(text), &doc))
	var all []string
	for _, record := range doc.Records {
		all = append(all, string(record))
	}
	return all
}

func TestReadLogFilesAndCLIOutput(t *testing.T) {
	text, missing, foreign := trail{events: 60, files: 1}.text(t)
	all := events(t, 60)
	var wrapped []map[string]any
	for _, e := range all {
		wrapped = append(wrapped, map[string]any{"EventId": "e", "EventName": "GetSecretValue",
			"EventTime": "2026-11-01T11:00:00+01:00", "Username": "x", "CloudTrailEvent": e})
	}
	printed := func(v any, indent string) string {
		text, err := json.MarshalIndent(v, "", indent)
		require.NoError(t, err)
		return string(text)
	}
	page := map[string]any{"Events": wrapped}
	compact, err := json.Marshal(page)
	require.NoError(t, err)
	half, _, _ := strings.Cut(text, all[30])
	half = strings.TrimSuffix(half, ",") + "]}"
	var indented bytes.Buffer
	require.NoError(t, json.Indent(&indented, []byte(text), "", "  "))
	for name, in := range map[string]string{
		"a log file":             text,
		"with a byte order mark": "\ufeff" + text,
		"with one in gzip":       zipped(t, "\ufeff"+strings.Join(all, "\n"), 1<<20),
		"indented":               indented.String(),
		"indented by nothing":    printed(json.RawMessage(text), ""),
		"gzip":                   zipped(t, text, len(text)),
		"gzip in members":        zipped(t, text, 1000),
		"two files":              half + `{"Records":[` + strings.Join(all[30:], ",") + "]}",
		"two files on two lines": half + "\n" + `{"Records":[` +
			strings.Join(all[30:], ",") + "]}\n",
		"JSON lines":                strings.Join(all, "\n"),
		"JSON lines of Windows":     strings.Join(all, "\r\n") + "\r\n",
		"an array":                  "[\n" + strings.Join(all, ",\n") + "\n]",
		"lookup-events":             printed(page, "    "),
		"lookup-events on one line": string(compact),
		"lookup-events of the first AWS CLI": strings.ReplaceAll(string(compact),
			`"2026-11-01T11:00:00+01:00"`, "1793527200.0"),
		"lookup-events --query Events":     printed(wrapped, "    "),
		"--query Events[].CloudTrailEvent": printed(all, "    "),
		"--output text of the same":        strings.Join(all, "\t"),
		"Records not first": `{"of": {"Records": "no"}, "null": null, "Records" : [` +
			strings.Join(all, ",") + `], "n": -1.5e3, "NextToken": null}`,
		"Records twice, the first no array": `{"Records": 5, "Records": [` + strings.Join(all, ",") +
			`]}`,
		"lookup-events, the token of a page": `{"NextToken": "` + strings.Repeat("x", 300<<10) + `", ` +
			string(compact)[1:] + `{"Events": []}`,
	} {
		t.Run(name, func(t *testing.T) {
			for _, in := range map[string]io.Reader{
				"at once":      strings.NewReader(in),
				"byte by byte": iotest.OneByteReader(strings.NewReader(in)),
				"with its end": iotest.DataErrReader(strings.NewReader(in)),
			} {
				log := tune.New(tune.Config{})
				require.NoError(t, log.Read(context.Background(), in))
				r := log.Report()
				assert.Equal(t, 60-foreign, r.Total.Calls)
				assert.Equal(t, missing, r.Total.NotFound)
				assert.Equal(t, foreign, r.Foreign)
				assert.Zero(t, r.Broken)
			}
		})
	}
}

func TestReadEmptyLists(t *testing.T) {
	for _, in := range []string{
		"", "\n\n", `{"Records":[]}`, `{"Events": []}`, `{"Events": []}` + "\nnull\n",
		"{\n \"Events\": [], \"NextToken\": null\n}",
	} {
		r, err := read(t, in)
		require.NoError(t, err)
		assert.Zero(t, r.Total.Calls, in)
		assert.Zero(t, r.Broken, in)
	}
}

// TestReadInputWithoutEvents checks that broken text and empty objects hold no event.
func TestReadInputWithoutEvents(t *testing.T) {
	for in, isCut := range map[string]bool{
		`{"Records":[{"eventName":"GetSec`: true, "{": true, "[[[": true, `{"a":"\u00`: true,
		`{"a":tru`:                          true,
		"{'Records': [{'eventName': 'x'}]}": false, "{}": false, "{}{}[]": false, "[{}]{}": false,
		"{]": false,
		"[]": false, "null": false, `{"SecretList":[]}`: false,
		`{"events":[],"searchedLogStreams":[]}`: false,
	} {
		r, err := read(t, in)
		require.ErrorIs(t, err, tune.ErrNoEvents, in)
		assert.Equal(t, isCut, errors.Is(err, io.ErrUnexpectedEOF), in)
		assert.Zero(t, r.Total.Calls, in)
	}
}

// TestReadUnclosedObject checks that the events of an object that is not closed count, and that the
// error says that there may be more.
func TestReadUnclosedObject(t *testing.T) {
	event := events(t, 1)[0]
	for in, isCut := range map[string]bool{
		`{"Records":[` + event:                              true,
		`{"Records":[` + event + `,{"event`:                 true,
		event + "\n{\"eventVersion\": \"1":                  true,
		event + "\n{\n":                                     true,
		event + "\n{]\n":                                    false,
		event + "\n{\"a\": yes}\n":                          false,
		event + "\n" + `{"message": "{\"eventName\": \"x"}`: false,
	} {
		r, err := read(t, in)
		assert.Equal(t, isCut, errors.Is(err, io.ErrUnexpectedEOF), in)
		assert.Equal(t, 1, r.Total.Calls+r.Foreign, in)
	}
}

func TestReadSkipsBrokenRecords(t *testing.T) {
	all := events(t, 20)
	for i, e := range all {
		all[i] = strings.ReplaceAll(e, "DescribeSecret", "GetSecretValue")
	}
	for name, broken := range map[string]string{
		"cut in a string":   all[0][:200],
		"cut after a comma": all[0][:strings.Index(all[0], `,"eventSource"`)+1],
		"cut after a colon": all[0][:strings.Index(all[0], `"GetSecretValue"`)],
		"cut in a number":   `{"eventVersion":1`,
		"cut in an array":   `{"eventVersion":["a",`,
		"a brace only":      "{",
		"no closing brace":  all[0][:len(all[0])-1],
		"a closing one more": strings.Replace(all[0], `"mfaAuthenticated":"false"}`,
			`"mfaAuthenticated":"false"}]`, 1),
		"a row, not JSON": "2026-11-01,GetSecretValue,secretsmanager.amazonaws.com,a/b",
		"a wrong escape":  strings.Replace(all[0], "Boto3", `\q`, 1),
		"a wrong literal": strings.Replace(all[0], `"readOnly":true`, `"readOnly":yes`, 1),
		"a number for a name": strings.Replace(all[0], `"eventName":"GetSecretValue"`,
			`"eventName":5,"x":"GetSecretValue"`, 1),
		"larger than a record": `{"eventVersion":"1","x":"` +
			strings.Repeat("GetSecretValue", 100_000) + `"}`,
		"deeper than a record": `{"eventVersion":` +
			strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`,
		"a string in it": `"{\"eventName\":\"GetSecretValue\""`,
	} {
		t.Run(name, func(t *testing.T) {
			lines := strings.Join(all[:10], "\n") + "\n" + broken + "\n" + strings.Join(all[10:], "\n")
			array := `{"Records":[` + strings.Join(all[:10], ",") + "," + broken + "," +
				strings.Join(all[10:], ",") + "]}"
			for form, in := range map[string]string{"lines": lines, "array": array} {
				r, err := read(t, in)
				require.NoError(t, err, form)
				assert.Equal(t, 20, r.Total.Calls, form)
				assert.Equal(t, 1, r.Broken, form)
			}
		})
	}
}

func TestReadTruncatedInput(t *testing.T) {
	text, missing, foreign := trail{events: 300, files: 3}.text(t)
	zip := zipped(t, text, 1<<20)

	r, err := read(t, zip[:len(zip)*9/10])
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	assert.Greater(t, r.Total.Calls, 200, "what came before is kept")
	assert.Zero(t, r.Broken)

	r, err = read(t, zip[:len(zip)-4]) // without the length at the end of the gzip
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	assert.Equal(t, 300-foreign, r.Total.Calls)
	assert.Equal(t, missing, r.Total.NotFound)

	_, err = read(t, zip[:5])
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	_, err = read(t, zip+"more")
	require.Error(t, err)

	r, err = read(t, text[:len(text)-200])
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.ErrorContains(t, err, "not read to its end")
	assert.Equal(t, 1, r.Broken)
	assert.GreaterOrEqual(t, r.Total.Calls, 300-foreign-1)

	wide := "\xff\xfe"
	for _, unit := range utf16.Encode([]rune(`{"Records":[]}`)) {
		wide += string([]byte{byte(unit), byte(unit >> 8)})
	}
	_, err = read(t, wide)
	require.ErrorContains(t, err, "UTF-16")
}

func TestReadReturnsReaderError(t *testing.T) {
	all := events(t, 20)
	down := errors.New("down")
	in := io.MultiReader(strings.NewReader(strings.Join(all, "\n")+all[0][:50]),
		iotest.ErrReader(down))
	log := tune.New(tune.Config{})
	require.ErrorIs(t, log.Read(context.Background(), in), down)
	assert.Equal(t, 20, log.Report().Total.Calls)
	assert.Zero(t, log.Report().Broken)
}

func TestReadCanceled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	endless := readerFunc(func(b []byte) (int, error) {
		cancel()
		for i := range b {
			b[i] = "{} "[i%3]
		}
		return len(b), nil
	})
	require.ErrorIs(t, tune.New(tune.Config{}).Read(ctx, endless), context.Canceled)
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

// FuzzRead looks for an input that makes Read panic, or lose or invent calls.
func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"Records":[{"eventVersion":"1","eventName":"GetSecretValue","eventSource":"secr` +
		`etsmanager.amazonaws.com","requestParameters":{"secretId":"airflow/connections/x"}}]}`))
	f.Add([]byte(`{"Events":[{"EventId":"e","CloudTrailEvent":"{\"eventName\":\"GetSecretValue\",\` +
		`"eventSource\":\"secretsmanager.amazonaws.com\",\"errorCode\":\"AccessDenied\",\"errorMessag` +
		`e\":\"on resource: arn:aws:secretsmanager:r:1:secret:airflow/variables/x-AbCdEf because\"}"}` +
		`],"NextToken":null}`))
	f.Add([]byte("{\"a\":[1,\n{\"eventVersion\":\"GetSecretValue\n{}\n\"x\"\x1f\x8b"))
	f.Fuzz(func(t *testing.T, in []byte) {
		const event = `{"eventName":"GetSecretValue","eventSource":"secretsmanager.amazonaws.com","ev` +
			`entTime":"2026-11-01T00:00:00Z","requestParameters":{"secretId":"airflow/connections/last"}}`
		log := tune.New(tune.Config{})
		if err := log.Read(context.Background(), bytes.NewReader(in)); err != nil {
			return
		}
		before := log.Report().Total.Calls
		if bytes.HasPrefix(in, []byte("\x1f\x8b")) {
			return
		}
		// After any text, an event on a line of its own is read. A second one follows, since the first
		// may be taken for a part of a broken object.
		again := tune.New(tune.Config{})
		require.NoError(t, again.Read(context.Background(),
			bytes.NewReader(append(bytes.Clone(in), "\n"+event+"\n"+event+"\n"...))))
		if after := again.Report().Total.Calls; after <= before {
			t.Errorf("%d calls, and %d with two more", before, after)
		}
		for _, s := range again.Suggest(lookup.KindConnection, nil) {
			assert.Empty(t, s.Hidden)
		}
	})
}
