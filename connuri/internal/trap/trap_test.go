package trap

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestPlaceholder(t *testing.T) {
	for _, text := range []string{
		"${DB_USER}", "x${user}y", "${a:-b}", "{{ user }}", "{{user}}", "{{ var.value.x }}", "{{resolve:ssm:/a/b}}", "<password>", "<your password>",
		"$(DB_PASS)", "%(db_pass)s", "%DB_PASS%", "$DB_PASS", "${}${a}", strings.Repeat("x", 9000) + "${a}", "%ENV%", "%PASSWORD%", "#{password}",
		"<INSERT HERE>", "<account>", "<db-host>",
	} {
		assert.True(t, HasPlaceholder(text), text)
		assert.True(t, IsPlaceholder(text), text)
	}
	for _, text := range []string{
		"$USER", "$db_password", "db.$ENV.example.com", "$PGPASSWORD", "{user}", "{db_password}", "__DB_PASSWORD__", "@@HOST@@", "[PASSWORD]", "YOUR_PASSWORD",
		"your-api-key-here", "!Ref DBPassword", "arn:aws:ssm:eu-west-1:1:parameter/x", "CHANGE_ME", "ENC[AES256_GCM,data:x]", "op://vault/item/field",
	} {
		assert.True(t, IsPlaceholder(text), text)
		assert.False(t, HasPlaceholder(text), "%s may be the syntax of what reads an extra", text)
	}
	for _, text := range []string{
		"", "$", "${}", "${ }", "{{}}", "{}", "{{", "<>", "<", "<a", "a>", "<!x>", "$x", "$DB", "$5_A_b", "100%", "%a%", "%(s", "$()", "x{y}z$w", "a$b{c}",
		`{"a": {"b": {}}}`, "<a@b>", "${a b}", "S$(x y)", "{{=x}}",
		"<script>", "<aB3>", "<Password1>", "$ecret", "$ECRET", "pa$USER", "$1USER", "{secret1}", "{abc}", "%AB%", "%a_b%", "[a]", "your", "yourself", "your_mother",
		"a%DB_PASS%", "__token__", "$ConnectionString", "ENC[x]", "arn:aws:iam::1:role/x", "share$", "changeme",
	} {
		assert.False(t, HasPlaceholder(text), text)
		assert.False(t, IsPlaceholder(text), text)
	}
	for text, want := range map[string]bool{"***": true, "[redacted]": true, "REDACTED": true, "<masked>": true, "**": false, "masked": false, "*a*": false, "": false} {
		assert.Equal(t, want, IsMasked(text), text)
	}
}

func TestIsEncoded(t *testing.T) {
	for _, text := range []string{"a%40b%2Fc", "%3a", "p%20q", "user%40example.com", "a+b%21"} {
		assert.True(t, isEncoded(text), text)
	}
	for _, text := range []string{"", "a", "100%", "a%b", "a%4", "a%41b", "a%40b/c", "a%40 b", "%E2%82%AC", "a%40b%", "a@b%40"} {
		assert.False(t, isEncoded(text), text)
	}
}

// A text of nothing but the beginnings of placeholders takes a bounded time.
func BenchmarkPlaceholders(b *testing.B) {
	text := strings.Repeat("${{{", 1<<18)
	for b.Loop() {
		HasPlaceholder(text)
	}
}

func TestExtraAdvice(t *testing.T) {
	for text, want := range map[string]string{
		"\ufeff{}":          "without the byte order mark",
		" ":                 "leave the extra out",
		"Bearer hunter2":    `write a JSON object, such as {"Authorization": "Bearer …"}`,
		"hunter2=b&c=d":     `write a JSON object, as {"a": "1", "b": "2"} for a=1&b=2`,
		"hunter2":           "write a JSON object",
		"[]":                "write a JSON object",
		"{'hunter2': True}": `single ones; write " for each quote around a key or a text, and true, false and null in lower case`,
		"{'hunter2': 1}":    `write " for each quote around a key or a text`,
		`{"hunter2": 1,}`:   "remove the comma before the closing brace",
	} {
		got := ExtraAdvice(text)
		assert.True(t, strings.HasSuffix(got, want) || strings.Contains(got, "byte order mark") || strings.HasPrefix(got, "leave"), text)
		assert.Contains(t, got, want)
		assert.NotContains(t, got, "hunter2")
		assert.LessOrEqual(t, strings.Count(got, "comma"), 1)
	}
}
